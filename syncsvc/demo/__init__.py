"""Three nights of a small project on a simulated Jira: everything syncsvc does, with no set-up and no network.

The milestones are the facts of a published release plan (LDM-564 of 2019-05-20: 28 test milestones and what they
need). The month before is made from them by `MOVED` and `NOT_YET`.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from connectors.jira_simulator import JiraSimulator
from syncsvc.demo.story import (
    COMPLETED_FIELD,
    ISSUES,
    edit_by_a_team,
    fill_jira,
    first_month,
    read_milestones,
    report_a_completion,
    second_month,
    write_config,
    write_export,
    write_links,
)
from syncsvc.errors import UsageError
from syncsvc.model import Mode, RunResult
from syncsvc.report.layout import Page
from syncsvc.report.run_text import run_text
from syncsvc.report.words import receipt_words
from syncsvc.service import Service
from syncsvc.wiring import wire

_NIGHTS = (datetime(2019, 4, 3, 11, 30, tzinfo=UTC), datetime(2019, 5, 3, 11, 30, tzinfo=UTC),
           datetime(2019, 5, 4, 11, 30, tzinfo=UTC))  # fmt: skip
TOKEN = "demo-token"  # noqa: S105  # of a simulated Jira that ends with the demo


class _Clock:
    """The nights the demo plays; one night's steps are seconds apart."""

    def __init__(self) -> None:
        self.at = _NIGHTS[0]

    def __call__(self) -> datetime:
        return self.at


def play_demo(say: Callable[[str], None], page: Page, keep: Path | None = None) -> None:
    """Play the three nights and tell them; `keep` is a new or empty folder in which everything stays.

    Raises UsageError where that folder holds something.
    """
    milestones = read_milestones()
    clock = _Clock()
    with _folder(keep) as folder, JiraSimulator("cloud", token=TOKEN, now=clock) as jira:
        jira.add_field(COMPLETED_FIELD, "Actual end")
        march, april = first_month(milestones), second_month(milestones)
        fill_jira(jira, march)
        write_config(folder, jira.url)
        write_links(folder, march)

        def run(use: Callable[[Service], RunResult]) -> RunResult:
            wiring = wire(folder / "config.toml", now=clock, env={"SYNCSVC_JIRA_TOKEN": TOKEN})
            service = Service(wiring.setup(), "demo")
            try:
                return use(service)
            finally:
                service.setup.close()

        def tell(heading: str, *story: str) -> None:
            say(page.heading(heading) + "\n")
            for line in story:
                say(line + "\n")
            say("\n")

        tell(
            f"Night 1, {clock.at:%Y-%m-%d}: PMCS and Jira meet for the first time",
            f"A P6 export of March 2019 with {len(march)} milestones, and {len(ISSUES)} Jira issues linked to them.",
            "Where they differ nobody can say who moved, so nothing is written: these wait for a person.",
        )
        write_export(folder / "exports" / "201903-ME.csv", "LSST ME 19-03", march)
        first = run(lambda service: service.sync(Mode.AUTO))
        say(run_text(first, page) + "\n")

        tell("The controller looks at them and adopts the dates of PMCS: `syncsvc adopt`, `syncsvc apply PLAN`")
        adopted = run(lambda service: service.apply(service.adopt((), None)[1].plan.id))
        say(run_text(adopted, page) + "\n")

        clock.at = _NIGHTS[1]
        edited, reported = edit_by_a_team(jira), report_a_completion(jira)
        tell(
            f"Night 2, {clock.at:%Y-%m-%d}: a new month",
            "The export of April 2019 has arrived: milestones moved, others were completed.",
            f"Meanwhile a team set another due date in Jira ({edited}), and closed an issue that PMCS does not",
            f"know to be complete ({reported}).",
        )
        write_export(folder / "exports" / "201904-ME.csv", "LSST ME 19-04", april)
        second = run(lambda service: service.sync(Mode.AUTO))
        say(run_text(second, page) + "\n")

        clock.at = _NIGHTS[2]
        tell(f"Night 3, {clock.at:%Y-%m-%d}: a quiet night", "Nothing moved. Nothing is written twice.")
        third = run(lambda service: service.sync(Mode.AUTO))
        say(run_text(third, page) + "\n")

        say(_summary(page, folder if keep else None, first, adopted, second, third))


def _summary(page: Page, kept: Path | None, *runs: RunResult) -> str:
    names = ("Night 1", "Adoption", "Night 2", "Night 3")
    lines = [page.heading("What happened")]
    for name, result in zip(names, runs, strict=True):
        holds = len(result.plan.holds) if result.plan else 0
        lines.append(f"  {name:<9} {receipt_words(result.receipts) or 'nothing written'}; {holds} held")
    lines += ["", "Every date that was written had been read back; a team's edit was held, not overwritten."]
    if kept is None:
        lines.append("Keep everything for a look, reports and import workbook included: syncsvc demo --keep DIR")
    else:
        config = os.path.relpath(kept / "config.toml")
        lines += [
            f"Kept in {kept}:",
            f"  reports/  what each run did: open run-{runs[-2].run:05d}.html in a browser",
            "  outbox/   the import workbook for P6, its review sheet, and the dates that a team proposes",
            "  exports/  the two P6 exports       syncsvc.db  the store",
            "The simulated Jira is gone; what was seen of it is in the store. Look further with:",
            f"  syncsvc log LDM-503-06 --config {config}",
            f"  syncsvc drift pmcs:2019-03 pmcs:2019-04 --config {config}",
            f"  syncsvc document pmcs:latest --config {config}",
        ]
    return "\n".join(lines) + "\n"


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        place = Path(tempfile.mkdtemp(prefix="syncsvc-demo-"))
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)
        return
    place = keep.absolute()
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise UsageError(f"--keep: {place} is there and not an empty folder.", "Name a new folder.")
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--keep: {place} cannot be made: {error.strerror}.", "Name another folder.") from None
    yield place
