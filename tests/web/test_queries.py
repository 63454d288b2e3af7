"""Every page asks the store at most twelve times, however many milestones and months it holds."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.routing import Route

from syncsvc.model import Mode
from syncsvc.web import make_app
from syncsvc.web.ready import kept_ready
from tests.web.browser import Browser
from tests.web.months import MonthsDesk, count_queries

MOST = 12
SMALL, LARGE = (6, 3), (60, 6)  # milestones, months
#: What stands in the braces of an address. A page with a new word in braces needs an example here.
EXAMPLES = {"code": "M-4", "plan": "", "run": "2", "form": "html"}
#: Not a page, but a file that is made for who asks: a whole report, with the snapshots that it tells of.
MADE = {"/workbook/download": 24}


@dataclass
class Counted:
    """A site of one size, and what each of its pages asked the store for: by path."""

    looked_up: dict[str, int]  # by whoever comes first of all: page, and what all pages share
    shared: int  # what all pages share, by the keeper after a change
    during: dict[str, int]  # while the keeper is at it
    after: dict[str, int]  # by who comes first once it is
    warm: dict[str, int]


def addresses(desk: MonthsDesk) -> dict[str, str]:
    """Everything that can be asked for, from the routes of the application: path -> an address."""
    plan = desk.store.newest_plan()
    assert plan is not None
    found = {}
    for route in make_app(desk).routes:
        assert isinstance(route, Route)
        if "GET" in (route.methods or ()):
            path = route.path
            for name, example in (EXAMPLES | {"plan": plan.plan.id}).items():
                path = path.replace(f"{{{name}:path}}", example).replace(f"{{{name}}}", example)
            assert "{" not in path, f"what stands for the braces of {path}?"
            found[route.path] = path
    return found


def count(folder: Path, milestones: int, months: int) -> Counted:
    desk = MonthsDesk(folder, milestones, months)
    desk.sync(Mode.REVIEW)
    desk.narrate("M-4")
    browser, paths = desk.sign_in(), addresses(desk)
    keeper: list[threading.Thread] = []

    def is_keeper() -> bool:
        return threading.current_thread().name == "ready"

    asked = count_queries(desk.store, lambda: not is_keeper())
    by_keeper = count_queries(desk.store, is_keeper)

    def ask(path: str) -> int:
        asked()
        answer = browser.get(paths[path])
        assert answer.status_code in (200, 404 if "/report/" in path else 200, 422 if "/report/" in path else 200), (path, answer.text)
        return asked()

    looked_up = {}
    for path in paths:
        desk.change()
        looked_up[path] = ask(path)
    during, after, stop = {}, {}, threading.Event()
    with kept_ready(desk, stop):
        desk.rounds.wait(20)
        for path in paths:
            desk.change()
            by_keeper()
            during[path] = ask(path)
            desk.rounds.wait(20)
            after[path] = ask(path)
        desk.change()
        desk.rounds.wait(20)
        by_keeper()
        desk.change()
        desk.rounds.wait(20)
        shared = by_keeper()
        warm = {path: ask(path) for path in paths for _ in range(2)}
    desk.close()
    return Counted(looked_up, shared, during, after, warm)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Counted:
    return count(tmp_path_factory.mktemp("small"), *SMALL)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Counted:
    return count(tmp_path_factory.mktemp("large"), *LARGE)


def test_x(small, large):
    for p in small.after: print(f"{p:40} {small.looked_up[p]:3} {large.looked_up[p]:3} | {small.during[p]:3} {small.after[p]:3} {small.warm[p]:3} | {large.during[p]:3} {large.after[p]:3} {large.warm[p]:3}")
    print(small.shared, large.shared)
