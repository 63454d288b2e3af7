"""Wall time of a busy and a quiet night beside a sequential floor, against a Jira that takes 20 ms a request.

Run by hand: python tests/bench/bench_night.py. The floor is one bare PUT after another for the same changes, in the
same run on the same machine; only the ratio says something.
"""

import json
import sys
import tempfile
import time
import urllib.request
from base64 import b64encode
from datetime import date, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from connectors.jira_simulator import JiraSimulator
from syncsvc.demo.story import Fact, write_export
from tests.site import TOKEN, Site

LINKS, CHANGED, LATENCY_SECONDS = 386, 154, 0.02
DUE = date(2019, 6, 3)


def facts(moved: int) -> list[Fact]:
    days = [DUE + timedelta(days=7 if number < moved else 0) for number in range(LINKS)]
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


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, JiraSimulator("cloud", latency_seconds=LATENCY_SECONDS) as jira:
        limits = "[limits]\nmax_export_age_days = 0\nmax_change_percent = 100\n"
        site = Site(Path(folder), jira, tables=limits)
        for number in range(LINKS):
            jira.add_issue(f"DM-{number + 1}", duedate=DUE.isoformat())
        site.link({f"M-{number:03}": {"jira": f"DM-{number + 1}"} for number in range(LINKS)})
        write_export(site.folder / "exports" / "201903-ME.csv", "LSST ME 19-03", facts(0))
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


if __name__ == "__main__":
    main()
