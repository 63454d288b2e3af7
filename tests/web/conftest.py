"""A site with rows to decide, its pages in this process, and persons who may use them."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from connectors.jira_simulator import JiraSimulator
from syncsvc.demo.story import Fact, write_export
from syncsvc.model import Mode
from syncsvc.persons import Role, fingerprint, new_token
from syncsvc.web import Desk, make_app
from tests.site import Site
from tests.web.browser import Browser

DUE, JULY, AUGUST = date(2019, 6, 3), date(2019, 7, 1), date(2019, 8, 1)
ROWS, LINKS = 12, 8


def put_month(site: Site, month: int, due: Mapping[int, date], names: Mapping[int, str] | None = None) -> None:
    facts = [Fact(f"M-{n}", (names or {}).get(n, f"Milestone {n}"), due.get(n, DUE), None, ()) for n in range(ROWS)]
    write_export(site.folder / "exports" / f"2019{month:02}-ME.csv", f"LSST ME 19-{month:02}", facts)


@dataclass
class Pages:
    """A site, its desk and its application; `tokens` by name."""

    site: Site
    desk: Desk
    tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.app = make_app(self.desk)
        for name, role in (("anna", Role.CONTROLLER), ("bob", Role.CONTROLLER), ("vera", Role.VIEWER),
                           ("root", Role.ADMIN)):  # fmt: skip
            self.tokens[name] = new_token()
            self.desk.store.add_person(name, role, fingerprint(self.tokens[name]), actor="shell")

    def browser(self, name: str | None = None, **rest: Any) -> Browser:
        """A browser, signed in as somebody."""
        browser = Browser(self.app, **rest)
        if name is not None:
            assert browser.sign_in(self.tokens[name]).status_code == 200
        return browser

    def events(self, *names: str) -> list[tuple[str, str, str | None]]:
        """What the audit holds of these events: event, actor, code."""
        return [(e.event, e.actor, e.code) for e in self.desk.store.events() if e.event in names]


def fill(jira: JiraSimulator) -> None:
    """Issues that agree with March, as the first night meets them."""
    for number in range(1, LINKS + 1):
        jira.add_issue(f"DM-{number}", duedate=DUE.isoformat())


def edit(jira: JiraSimulator) -> None:
    """What teams did in April."""
    for key in ("DM-1", "DM-2", "DM-6", "DM-7"):
        jira.edit(key, author="A. Person", duedate=AUGUST.isoformat())


@pytest.fixture(scope="session")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site after two nights, to copy: in April M-3 to M-5 moved in PMCS, M-1, M-6, M-7 in Jira, M-2 on both sides."""
    folder = tmp_path_factory.mktemp("nights")
    with JiraSimulator("cloud") as jira:
        site = Site(folder, jira)
        fill(jira)
        site.link({f"M-{number}": {"jira": f"DM-{number}"} for number in range(1, LINKS + 1)})
        put_month(site, 3, {})
        assert site.sync().exit_code == 0
        put_month(site, 4, {2: JULY, 3: JULY, 4: JULY, 5: AUGUST})
        edit(jira)
        assert site.sync(Mode.REVIEW).exit_code == 4
    return folder


@pytest.fixture
def make_pages(tmp_path: Path, nights: Path) -> Iterator[Callable[..., Pages]]:
    """Pages over a copy of that site, with settings of its own."""
    opened: list[Desk] = []
    with JiraSimulator("cloud") as jira:

        def make(**rest: Any) -> Pages:
            folder = tmp_path / "site"
            shutil.copytree(nights, folder)
            fill(jira)
            edit(jira)
            limits = "[limits]\nmax_export_age_days = 0\nmax_change_percent = 100\n"
            links = (folder / "links.toml").read_text()
            site = Site(folder, jira, tables=limits, **rest)
            (folder / "links.toml").write_text(links)
            opened.append(Desk(site.wiring, site.now))
            return Pages(site, opened[-1])

        yield make
    for desk in opened:
        desk.close()


@pytest.fixture
def pages(make_pages: Callable[..., Pages]) -> Pages:
    return make_pages()
