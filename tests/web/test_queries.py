"""Every page asks the store at most twelve times, however many milestones and months it holds."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.routing import Route

from syncsvc.model import Plan
from syncsvc.web import make_app
from syncsvc.web.ready import kept_ready
from tests.web.months import MonthsDesk, count_queries

MOST = 12
SIZES = {"small": (6, 3), "large": (60, 6)}  # milestones, months
#: What stands in the braces of an address. A page with another word in braces needs one more.
IN_BRACES: dict[str, Callable[[MonthsDesk], str]] = {
    "{code:path}": lambda desk: desk.written,
    "{plan}": lambda desk: newest_plan(desk).id,
    "{run}": lambda desk: "2",
    "{form}": lambda desk: "html",
}
#: No page, but a file with a whole report, which is made for who asks for it.
MADE = {"/workbook/download": 30}


@dataclass
class Counted:
    """How often the store of one size was asked, by the path of each page."""

    alone: dict[str, int]  # for a page that nothing was looked up for: it looks up itself what all pages share
    shared: int  # by the keeper after a change
    meanwhile: dict[str, int]  # for the first page after a change, while the keeper may still be at it
    first: dict[str, int]  # for the first one once it is done
    warm: dict[str, int]


def newest_plan(desk: MonthsDesk) -> Plan:
    stored = desk.store.newest_plan()
    assert stored is not None
    assert stored.plan.changes
    return stored.plan


def find_addresses(desk: MonthsDesk) -> dict[str, str]:
    """Everything that can be asked for, from the routes of the application: path -> an address."""
    addresses = {}
    for route in make_app(desk).routes:
        assert isinstance(route, Route)
        if "GET" in (route.methods or ()):
            address = route.path
            for braces, example in IN_BRACES.items():
                address = address.replace(braces, example(desk))
            assert "{" not in address, f"an example is missing for {address}"
            addresses[route.path] = address
    return addresses


def count(folder: Path, milestones: int, months: int) -> Counted:
    desk = MonthsDesk(folder, milestones, months)
    desk.narrate(desk.written)
    browser, addresses = desk.sign_in(), find_addresses(desk)

    def is_keeper() -> bool:
        return threading.current_thread().name == "ready"

    asked = count_queries(desk.store, lambda: not is_keeper())
    by_keeper = count_queries(desk.store, is_keeper)

    def ask(path: str) -> int:
        asked()
        status = browser.get(addresses[path], follow_redirects=False).status_code
        expected = {"/runs/{run}/report/{form}": 404, "/plan": 303, "/sign-in": 303}.get(path, 200)
        assert status == expected, f"{addresses[path]}: {status}"
        return asked()

    counted = Counted({}, 0, {}, {}, {})
    for path in addresses:
        desk.change()
        counted.alone[path] = ask(path)
    stop = threading.Event()
    with kept_ready(desk, stop):
        desk.rounds.wait(20)
        for path in addresses:
            desk.change()
            counted.meanwhile[path] = ask(path)
            desk.rounds.wait(20)
            counted.first[path] = ask(path)
            counted.warm[path] = ask(path)
        desk.change()
        by_keeper()
        desk.rounds.wait(20)
        counted.shared = by_keeper()
    desk.close()
    return counted


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Counted]:
    return {name: count(tmp_path_factory.mktemp(name), *size) for name, size in SIZES.items()}


@pytest.mark.parametrize("moment", ["meanwhile", "first", "warm"])
def test_every_page_asks_at_most_twelve_times(counted: dict[str, Counted], moment: str) -> None:
    for of_size in counted.values():
        asked = getattr(of_size, moment)
        assert {path: number for path, number in asked.items() if number > MADE.get(path, MOST)} == {}
        assert asked["/"] > 0


def test_what_all_pages_share_is_looked_up_in_as_few(counted: dict[str, Counted]) -> None:
    assert {0 < each.shared <= MOST for each in counted.values()} == {True}
    for each in counted.values():
        most = {path: MADE.get(path, MOST) for path in each.alone}
        assert {p: number for p, number in each.alone.items() if number > most[p] and p != _STORY} == {}
        assert each.alone[_STORY] <= MOST + each.shared


def test_the_number_does_not_grow_with_milestones_and_months(counted: dict[str, Counted]) -> None:
    small, large = counted.values()
    assert (large.alone, large.first, large.warm, large.shared) == (small.alone, small.first, small.warm, small.shared)


#: Alone, it needs what all pages share and a whole story besides.
_STORY = "/milestones/{code:path}"
