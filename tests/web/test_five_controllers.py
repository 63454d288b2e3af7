"""Five controllers at once: no decision is lost, and none is taken twice."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from connectors.jira_simulator import JiraSimulator
from syncsvc.persons import Role, fingerprint, new_token
from syncsvc.web import Desk, make_app
from tests.postgresql import Databases
from tests.site import Site
from tests.web.browser import Browser, words_of
from tests.web.conftest import JULY, put_month
from tests.web.test_today import number_of

MILESTONES = 10  # two for each


@pytest.fixture
def site(postgresql: Databases, tmp_path: Path) -> Iterator[Site]:
    url = postgresql.migrated()
    with JiraSimulator("cloud") as jira:
        env = {"SYNCSVC_JIRA_TOKEN": "simulator-token", "STORE_URL": url}
        tables = '[limits]\nmax_export_age_days = 0\nmax_change_percent = 100\n[store]\nurl_env = "STORE_URL"\n'
        site = Site(tmp_path, jira, tables=tables, env=env)
        for number in range(1, MILESTONES + 1):
            jira.add_issue(f"DM-{number}", duedate=JULY.isoformat())
        site.link({f"M-{number}": {"jira": f"DM-{number}"} for number in range(1, MILESTONES + 1)})
        put_month(site, 3, {})
        assert site.sync().exit_code == 4
        yield site
    postgresql.drop(url)


@pytest.fixture
def two_desks(site: Site) -> Iterator[list[Desk]]:
    """As two services on one store have them."""
    desks = [Desk(site.wiring, site.now) for _ in range(2)]
    yield desks
    for desk in desks:
        desk.close()


def test_five_at_once_lose_no_decision(two_desks: list[Desk]) -> None:
    """At two services on one store; all press at the same moment."""
    apps = [make_app(desk) for desk in two_desks]
    browsers = []
    for number in range(5):
        token = new_token()
        two_desks[0].store.add_person(f"c{number}", Role.CONTROLLER, fingerprint(token), actor="shell")
        browsers.append(Browser(apps[number % 2]))
        assert browsers[-1].sign_in(token).status_code == 200
    pages = [browser.get("/") for browser in browsers]

    def decide(number: int) -> str:
        """Two rows of their own, and one that all of them want."""
        text = pages[number].text
        own = {f"verdict.{number_of(text, f'M-{2 * number + n}')}": "approve" for n in (1, 2) if number < 4}
        shared = number_of(text, "M-10")
        filled = {f"verdict.{shared}": "reject", f"reason.{shared}": f"says c{number}"}
        return words_of(browsers[number].send(pages[number], "/decide", **own, **filled))

    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(decide, range(5)))
    standing = {(d.code, d.actor, d.verdict.value) for d in two_desks[0].store.standing_decisions()}
    assert {each for each in standing if each[0] != "M-10"} == {
        (f"M-{2 * number + n}", f"c{number}", "approve") for number in range(4) for n in (1, 2)
    }
    (winner,) = [actor for code, actor, _ in standing if code == "M-10"]
    for number, answer in enumerate(answers):
        assert bool(re.search(r"Kept:[^.]* 1 rejected\.", answer)) is (f"c{number}" == winner), answer
        assert (f"{winner} rejected it" in answer) is (f"c{number}" != winner), answer
    rejections = [event for event in two_desks[0].store.events() if event.event == "rejected"]
    assert [(event.code, event.actor) for event in rejections] == [("M-10", winner)]
