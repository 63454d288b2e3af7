"""A published plan beside P6 and Jira: pulled each night, kept, and never in the way of what has to be written."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from connectors.jira_simulator import JiraSimulator
from syncsvc.demo.story import read_milestones, write_export
from syncsvc.model import Mode, by_code
from syncsvc.store import upgrade
from syncsvc.wiring import find_problems
from tests.release_plans import Listed, as_markdown
from tests.site import Site

PLAN = (
    Listed(
        "LDM-503-06",
        "ComCam readiness",
        date(2019, 8, 30),
        None,
        (Listed("DM-NCSA-10", "Archiving", date(2018, 9, 25)),),
    ),
)
SLIPPED = (replace(PLAN[0], due=date(2019, 9, 30)),)
SIDE = '[limits]\nmax_export_age_days = 0\n[connectors.plan]\nkind = "published"\npath = "{}"\nmapping = "ldm564"\n'


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with JiraSimulator("cloud") as jira:
        site = Site(tmp_path, jira, tables=SIDE.format("plan.md"))
        upgrade(f"sqlite:///{tmp_path / 'syncsvc.db'}")
        jira.add_issue("DM-1", summary="an issue")
        write_export(tmp_path / "exports" / "201904-ME.csv", "LSST ME 19-04", read_milestones())
        (tmp_path / "plan.md").write_text(as_markdown(PLAN))
        yield site


def publish(site: Site, plan: tuple[Listed, ...], revised: str = "2019-05-20") -> None:
    (site.folder / "plan.md").write_text(as_markdown(plan, revised))


def latest(site: Site) -> dict[str, object]:
    shown: dict[str, object] = json.loads(site.run("show", "plan:latest", "--format", "json", check=0).stdout)
    return shown


def due_of(shown: dict[str, object], code: str = "LDM-503-06") -> str:
    milestones = {m["code"]: m for m in shown["milestones"]}  # type: ignore[attr-defined]
    return str(milestones[code]["due"])


def test_the_story_of_a_milestone_has_what_the_plan_said(site: Site) -> None:
    site.sync()
    publish(site, SLIPPED)
    site.sync()
    story = " ".join(site.run("log", "LDM-503-06", check=0).stdout.split())
    assert "published 2019-05 edition 1 shows it for the first time: due 2019-08-30" in story
    assert (
        "published 2019-05 edition 2: planned due moved 31 calendar days later (21 working days), from 2019-08-30 to"
        in story
    )
    assert "(read from plan.md, " in story
    assert "published 2019-05 edition 2 says: due 2019-09-30" in story[story.index("Now PMCS") :]
    assert story.startswith("LDM-503-06: DM ComCam interface verification readiness No Jira issue is linked to it.")


def test_the_plan_is_pulled_in_the_night_and_can_be_shown_and_compared(site: Site) -> None:
    result = site.sync()
    assert result.exit_code == 0
    assert (len(result.pulled["plan"].milestones), result.problems) == (2, ())
    shown = latest(site)
    assert (shown["side"], shown["period"], shown["edition"], shown["data_date"]) == ("published", "2019-05", 1, None)
    assert due_of(shown) == "2019-08-30"
    assert due_of(json.loads(site.run("show", "plan:2019-05", "--format", "json", check=0).stdout)) == "2019-08-30"
    drift = json.loads(site.run("drift", "plan:latest", "pmcs:latest", "--format", "json", check=0).stdout)
    assert drift["before"]["side"] == "published"
    assert "plan" in json.loads(site.run("sync", "--format", "json", check=0).stdout)["pulled"]


def test_a_plan_that_stays_the_same_is_kept_once(site: Site) -> None:
    first, second = site.sync().pulled["plan"].id, site.sync().pulled["plan"].id
    assert first == second
    publish(site, SLIPPED)
    third = site.sync().pulled["plan"]
    assert (third.edition, third.id == first) == (2, False)


@pytest.mark.parametrize("revised", ["2019-03-01", "2019-XX-XX", "2019-05-20"])
def test_the_latest_is_what_stands_there_whatever_its_date(site: Site, revised: str) -> None:
    """A document that goes back to an earlier revision, or loses its date, is still the one that is published."""
    site.sync()
    publish(site, SLIPPED, revised)
    assert by_code(site.sync().pulled["plan"].milestones)["LDM-503-06"].due == date(2019, 9, 30)
    assert due_of(latest(site)) == "2019-09-30"
    publish(site, PLAN)
    assert by_code(site.sync().pulled["plan"].milestones)["LDM-503-06"].due == date(2019, 8, 30)
    assert due_of(latest(site)) == "2019-08-30"


def test_a_plan_that_cannot_be_read_is_exit_3_and_the_last_one_stands(site: Site) -> None:
    site.sync()
    (site.folder / "plan.md").unlink()
    result = site.sync()
    assert result.exit_code == 3
    assert result.plan is not None
    (problem,) = result.problems
    assert "connectors.plan" in problem
    assert str(site.folder / "plan.md") in problem
    assert "the run goes on" in problem
    assert "Nothing was written" not in problem
    assert due_of(latest(site)) == "2019-08-30"
    assert "could not be read" in site.run("sync", check=3).stdout
    assert "plan.md: there is no such file" in " ".join(site.run("pull", check=3).stdout.split())
    assert "plan.md" in site.run("pull", "plan", check=3).stdout
    site.run("pull", "pmcs", "jira", check=0)
    assert "connectors.plan.path" in site.run("check", check=3).stdout


def test_a_plan_that_ends_too_early_is_said_each_night_until_it_is_whole(site: Site) -> None:
    text = as_markdown(PLAN)
    (site.folder / "plan.md").write_text(text[: text.index("currently incomplete*)")])
    for _ in range(2):
        result = site.sync()
        assert (result.exit_code, result.pulled["plan"].complete) == (3, False)
        assert "plan.md: it ends too early" in result.problems[0]
    shown = latest(site)
    assert shown["complete"] is False
    assert [reject["code"] for reject in shown["rejects"]] == ["DM-NCSA-10"]  # type: ignore[attr-defined]
    publish(site, PLAN)
    assert site.sync().exit_code == 0


def test_it_does_not_keep_the_night_from_writing(site: Site) -> None:
    site.link({read_milestones()[0].code: {"test_plan": "DM-1"}})  # due only
    site.tables += '[fields.due]\nfirst_contact = "fill"\n'
    site.write_config()
    (site.folder / "plan.md").write_bytes(b"%PDF-1.5")
    result = site.sync(Mode.AUTO)
    assert [receipt.outcome.value for receipt in result.receipts] == ["applied"]
    assert result.exit_code == 4  # 3 would say that nothing was written
    assert "PDF document" in result.problems[0]


def test_a_page_that_the_mapping_does_not_fit_is_exit_2(site: Site) -> None:
    (site.folder / "plan.md").write_text("<table><tr><th>Milestone ID<th>Due<tr><td>DM-A-1<td>2019-01-01</table>")
    result = site.sync()
    assert result.exit_code == 2
    assert "completed" in result.problems[0]
    assert "connectors.plan.path" in site.run("check", check=2).stdout


def test_a_list_is_read_the_same_way(site: Site) -> None:
    (site.folder / "own.toml").write_text(
        'description = "a list"\nformat = "table"\nside = "published"\nrequired = ["code", "due"]\n'
        '[columns]\ncode = "Id"\n[dates]\ndue = [{ column = "Due", basis = "planned" }]\n'
    )
    (site.folder / "list.csv").write_text("Id,Due\nLDM-503-06,2019-08-30\n")
    site.tables += '[connectors.list]\nkind = "table"\npath = "list.csv"\nmapping = "own.toml"\n'
    site.write_config()
    pulled = site.sync().pulled
    assert [m.code for m in pulled["list"].milestones] == ["LDM-503-06"]
    assert pulled["plan"].milestones[0].code == "DM-NCSA-10"
    assert pulled["list"].period is None
    assert site.sync().pulled["list"].id == pulled["list"].id
    assert due_of(json.loads(site.run("show", "list:latest", "--format", "json", check=0).stdout)) == "2019-08-30"


@pytest.mark.parametrize(
    ("kind", "mapping", "said"),
    [("published", "lsst_master_list", "not release_plan"), ("table", "ldm564", "not table")],
)
def test_a_mapping_of_another_format_is_a_configuration_error(site: Site, kind: str, mapping: str, said: str) -> None:
    site.tables = f'[connectors.plan]\nkind = "{kind}"\npath = "plan.md"\nmapping = "{mapping}"\n'
    site.write_config()
    stderr = site.run("sync", check=2).stderr
    assert "config.toml: connectors.plan.mapping" in stderr
    assert said in stderr


def test_a_list_in_the_place_of_p6_is_refused(site: Site) -> None:
    site.tables = '[connectors.plan]\nkind = "table"\npath = "plan.md"\nmapping = "lsst_master_list"\nside = "pmcs"\n'
    site.write_config()
    text = site.config.read_text()
    begin, end = text.index("[connectors.pmcs]"), text.index("[connectors.jira]")
    site.config.write_text(text[:begin] + text[end:])
    assert "connectors.plan.side" in site.run("sync", check=2).stderr
    assert "connectors.plan.side" in site.run("check", check=2).stdout


@contextmanager
def serve(content: bytes, status: int = 200, length: int | None = None) -> Iterator[str]:
    """A web server on this machine with one document; it may promise more than it sends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content) if length is None else length))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/plans/LDM-564.md"
    finally:
        server.shutdown()
        server.server_close()


def test_a_plan_at_an_address(site: Site) -> None:
    with serve(as_markdown(PLAN).encode()) as address:
        site.tables = SIDE.format(f"{address}?revision=7")
        site.write_config()
        first = site.sync()
        assert first.exit_code == 0
        assert first.pulled["plan"].source == address
        assert site.sync().pulled["plan"].id == first.pulled["plan"].id
        assert due_of(latest(site)) == "2019-08-30"
        assert find_problems(site.wiring()) == []
    assert site.sync().exit_code == 3
    assert due_of(latest(site)) == "2019-08-30"


@pytest.mark.parametrize(
    ("content", "status", "length", "said"),
    [
        (b"gone", 404, None, "answers 404 Not Found"),
        (b"", 503, None, "answers 503"),
        (b"<html>Please log in</html>", 200, None, "it has no table"),
        (as_markdown(PLAN).encode(), 200, 100_000, "the answer broke off"),
    ],
)
def test_an_address_that_gives_no_plan(site: Site, content: bytes, status: int, length: int | None, said: str) -> None:
    with serve(content, status, length) as address:
        site.tables = SIDE.format(address)
        site.write_config()
        result = site.sync()
    assert result.exit_code == 3
    assert said in result.problems[0]
    assert "plan" not in result.pulled
    assert "no snapshot is called plan:latest" in site.run("show", "plan:latest", check=2).stderr
