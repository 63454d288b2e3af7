"""What a night costs in requests: 386 links of which 154 changed, as a one-way script would need 850 and 388 for."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from connectors.jira_simulator import JiraSimulator
from syncsvc.demo.story import Fact, write_export
from tests.site import Site

LINKS, CHANGED = 386, 154
DUE = date(2019, 6, 3)
LIMITS = "[limits]\nmax_export_age_days = 0\nmax_change_percent = 100\n"


def facts(moved: int) -> list[Fact]:
    days = [DUE + timedelta(days=7 if number < moved else 0) for number in range(LINKS)]
    return [Fact(f"M-{number:03}", f"Milestone {number}", due, None, ()) for number, due in enumerate(days)]


@pytest.mark.parametrize("flavour", ["cloud", "data-center"])
def test_a_busy_and_a_quiet_night(tmp_path: Path, flavour: str) -> None:
    with JiraSimulator(flavour) as jira:
        site = Site(tmp_path, jira, tables=LIMITS)
        for number in range(LINKS):
            jira.add_issue(f"DM-{number + 1}", duedate=DUE.isoformat())
        site.link({f"M-{number:03}": {"jira": f"DM-{number + 1}"} for number in range(LINKS)})
        write_export(site.folder / "exports" / "201903-ME.csv", "LSST ME 19-03", facts(0))
        assert site.sync().exit_code == 0

        write_export(site.folder / "exports" / "201904-ME.csv", "LSST ME 19-04", facts(CHANGED))
        jira.forget_requests()
        busy = site.sync()
        assert busy.exit_code == 0
        assert len(busy.receipts) == CHANGED
        assert jira.count("PUT") == CHANGED
        looked_at_alone = 0 if jira.is_cloud else CHANGED  # Data Center shows many at once by its index only
        assert jira.count() <= 184 + looked_at_alone

        jira.forget_requests()
        assert site.sync().exit_code == 0
        assert jira.count("PUT") == 0
        assert jira.count() <= 15
