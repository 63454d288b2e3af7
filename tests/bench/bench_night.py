"""What nights cost: a busy and a quiet one beside a sequential floor, and quiet ones over ten thousand links.

Run by hand: python tests/bench/bench_night.py. The Jira takes 20 ms a request. The floor is one bare PUT after another
for the same changes, in the same run on the same machine; only the ratio says something. Of the ten thousand links
the requests count: all of Jira read, and only what can have changed.
"""

import json
import sys
import tempfile
import time
import urllib.request
from base64 import b64encode
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from connectors.jira_simulator import JiraSimulator
from syncsvc.demo.story import Fact, write_export
from tests.site import TOKEN, Site

LINKS, CHANGED, LATENCY_SECONDS = 386, 154, 0.02
MANY_LINKS = 10_000
MOST_REQUESTS = {"all read": 105, "what changed": 5}
DUE = date(2019, 6, 3)
LIMITS = "[limits]\nmax_export_age_days = 0\nmax_change_percent = 100\n"


def facts(moved: int, links: int = LINKS) -> list[Fact]:
    days = [DUE + timedelta(days=7 if number < moved else 0) for number in range(links)]
    return [Fact(f"M-{number:03}", f"Milestone {number}", due, None, ()) for number, due in enumerate(days)]


def put_one_after_another(jira: JiraSimulator) -> float:
    credentials = b64encode(f"bot@example.org:{TOKEN}".encode()).decode()
    body = json.dumps({"fields": {"duedate": DUE.isoformat()}}).encode()
    begun = time.perf_counter()
    for number in range(CHANGED):
        request = urllib.request.Request(  # noqa: S310  # loopback
            f"{jira.url}/rest/api/2/issue/DM-{number + 1}",
            data=body,
            method="PUT",
            headers={"Authorization": f"Basic {credentials}", "Content-Type": "application/json"},
        )
        urllib.request.urlopen(request).close()  # noqa: S310  # loopback
    return time.perf_counter() - begun


def lay_out(site: Site, links: int) -> None:
    """So many issues, the links to them, and an export that agrees with them."""
    for number in range(links):
        site.jira.add_issue(f"DM-{number + 1}", duedate=DUE.isoformat())
    site.link({f"M-{number:03}": {"jira": f"DM-{number + 1}"} for number in range(links)})
    write_export(site.folder / "exports" / "201903-ME.csv", "LSST ME 19-03", facts(0, links))


def busy_and_quiet() -> None:
    with tempfile.TemporaryDirectory() as folder, JiraSimulator("cloud", latency_seconds=LATENCY_SECONDS) as jira:
        site = Site(Path(folder), jira, tables=LIMITS)
        lay_out(site, LINKS)
        site.sync()
        floor = put_one_after_another(jira)
        write_export(site.folder / "exports" / "201904-ME.csv", "LSST ME 19-04", facts(CHANGED))
        for name in (f"{CHANGED} of {LINKS} changed", "quiet"):
            jira.forget_requests()
            begun = time.perf_counter()
            site.sync()
            seconds = time.perf_counter() - begun
            print(f"{name:<24} {jira.count():>4} requests  {seconds:6.2f} s  {seconds / floor:5.2f} x the floor")
        print(f"{'floor: bare PUTs':<24} {CHANGED:>4} requests  {floor:6.2f} s   1.00 x")


def quiet_over_many(flavour: str) -> None:
    at = datetime(2019, 4, 1, 11, 30, tzinfo=UTC)
    with (
        tempfile.TemporaryDirectory() as folder,
        JiraSimulator(flavour, latency_seconds=LATENCY_SECONDS, now=lambda: at) as jira,
    ):
        site = Site(Path(folder), jira, tables=LIMITS, completed_field=True, now=lambda: at)
        lay_out(site, MANY_LINKS)
        at += timedelta(days=30)
        site.sync()
        for name, most in MOST_REQUESTS.items():
            at += timedelta(days=1)
            jira.forget_requests()
            service, begun = site.service(), time.perf_counter()
            result = service.sync(census=name == "all read")
            service.setup.close()
            seconds, requests = time.perf_counter() - begun, jira.count()
            assert (result.exit_code, len(result.pulled["jira"].milestones)) == (0, MANY_LINKS)
            verdict = f"at most {most}" if requests <= most else f"MORE THAN {most}"
            words = f"quiet, {MANY_LINKS:,} links on {flavour}, {name}"
            print(f"{words:<50} {requests:>4} requests ({verdict})  {seconds:6.2f} s")


def main() -> None:
    busy_and_quiet()
    for flavour in ("cloud", "data-center"):
        quiet_over_many(flavour)


if __name__ == "__main__":
    main()
