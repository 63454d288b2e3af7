"""The truth table as a project controller reads it, and what stands around it: links, aliases, offsets, words."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

import pytest

from syncsvc.model import (
    Action,
    Basis,
    Drift,
    DriftKind,
    Field,
    FirstContact,
    FollowerEdit,
    Link,
    LinkKey,
    Memory,
    Milestone,
    MilestoneKind,
    Proposal,
    ProposalState,
    Reject,
    RejectCause,
    Snapshot,
    Status,
)
from syncsvc.reconcile import TABLE, owner_value, reconcile, resolve_aliases
from tests.builders import export, issue, link, memory, milestone, policy, tracked

# How to read the table: days are days of 2019; "-" is blank, "?" a baseline that is not known, "absent" a side that
# does not show the milestone or issue. PMCS owns both fields; its data date is 04-30 unless a fact says otherwise.
# An issue with a completion is done, and a milestone with one is completed, unless a fact says otherwise.
TRUTH_TABLE = """
| row | what happened                                          | field     | PMCS   | Jira   | agreed | further facts                             | kind              | action  |
|-----|--------------------------------------------------------|-----------|--------|--------|--------|-------------------------------------------|-------------------|---------|
| 1   | the export lists the code twice with different dates   | due       | absent | 03-01  | 03-01  | PMCS twice                                | ambiguous         | hold    |
| 1   | ... even where that export was cut short               | due       | absent | 03-01  | 03-01  | PMCS twice; PMCS incomplete               | ambiguous         | hold    |
| 1   | Jira answered one key twice with different dates       | due       | 03-01  | absent | 03-01  | Jira twice                                | ambiguous         | hold    |
| 1   | two milestones are linked to one due of one issue      | due       | 03-01  | 03-01  | 03-01  | two codes, one issue                      | ambiguous         | hold    |
| 1   | two milestones report to one completion of one issue   | completed | -      | 04-10  | -      | two codes, one issue                      | ambiguous         | hold    |
| 1   | ... under the key from before and after a move         | due       | 03-01  | 03-01  | 03-01  | two codes, one issue that moved           | ambiguous         | hold    |
| 1   | one code is linked to the same field twice             | due       | 03-01  | 03-01  | 03-01  | linked twice                              | ambiguous         | hold    |
| 1   | its two issues report different completions            | completed | -      | 04-10  | -      | other issue done 04-11                    | ambiguous         | hold    |
| 1   | ... only one of which anybody has heard of before      | completed | -      | 04-10  | ?      | other issue done 04-11                    | ambiguous         | hold    |
| 8   | its two issues report the same completion              | completed | -      | 04-10  | -      | other issue done 04-10                    | reported          | propose |
| 12  | PMCS has a date of its own, so nothing is reported     | completed | 04-10  | -      | -      | other issue done 04-11                    | owner_moved       | write   |
| 7   | a withdrawn completion is no report                    | completed | -      | 04-10  | 04-10  | other issue done 04-11                    | history_rewritten | hold    |
| 6   | ambiguous completions leave the due alone              | due       | 03-01  | 03-01  | ?      | other issue done 04-11                    | in_sync           | record  |
| 6   | the same code twice with the same dates is one         | due       | 03-01  | 03-01  | 03-01  | PMCS repeated                             | in_sync           | record  |
| 2   | the linked issue is in a project we may not write      | due       | 03-01  | 02-01  | 02-01  | other project                             | foreign_project   | hold    |
| 2   | the issue moved to such a project                      | due       | 03-01  | 02-01  | 02-01  | moved to XY-9                             | foreign_project   | hold    |
| 2   | ... and agrees there                                   | due       | 03-01  | 03-01  | 03-01  | moved to XY-9                             | foreign_project   | hold    |
| 2   | such an issue is not shown at all                      | due       | 03-01  | absent | 02-01  | other project                             | foreign_project   | hold    |
| 12  | the issue moved between our own projects               | due       | 03-01  | 02-01  | 02-01  | moved to DM-9                             | owner_moved       | write   |
| 3   | not in the export, which was cut short                 | due       | absent | 03-01  | 03-01  | PMCS incomplete                           | unseen            | report  |
| 3   | not in what Jira showed, which was cut short           | due       | 03-01  | absent | 03-01  | Jira incomplete                           | unseen            | report  |
| 3   | its row in the export could not be read                | due       | absent | 03-01  | 03-01  | PMCS row unreadable                       | unseen            | report  |
| 3   | the issue could not be read                            | due       | 03-01  | absent | 03-01  | Jira row unreadable                       | unseen            | report  |
| 3   | only its due could not be read                         | due       | -      | 03-01  | 03-01  | PMCS due unreadable                       | unseen            | report  |
| 6   | ... which says nothing of its completion               | completed | -      | -      | -      | PMCS due unreadable                       | in_sync           | record  |
| 3   | Jira's completion could not be read                    | completed | 04-10  | -      | -      | Jira completed unreadable                 | unseen            | report  |
| 12  | a forecast that cannot be read is no due               | due       | 03-01  | 02-01  | 02-01  | PMCS forecast unreadable                  | owner_moved       | write   |
| 3   | the link is newer than what Jira was asked             | due       | 03-01  | absent | ?      | not asked                                 | unseen            | report  |
| 3   | both absent, one of them because of a short export     | due       | absent | absent | 03-01  | PMCS incomplete                           | unseen            | report  |
| 12  | a cut-short export still shows this one                | due       | 03-01  | 02-01  | 02-01  | PMCS incomplete; Jira incomplete          | owner_moved       | write   |
| 4   | gone from a complete export                            | due       | absent | 03-01  | 03-01  |                                           | gone              | report  |
| 4   | gone from Jira, which was asked and answered           | due       | 03-01  | absent | 03-01  |                                           | gone              | report  |
| 4   | the activity is a task now, not a milestone            | due       | 03-01  | 03-01  | 03-01  | a task                                    | gone              | report  |
| 6   | ... but an export without types takes every row        | due       | 03-01  | 03-01  | 03-01  | a task; no types                          | in_sync           | record  |
| 5   | PMCS says completed and gives no date                  | completed | -      | -      | -      | PMCS completed                            | implausible       | hold    |
| 5   | ... also where Jira has one                            | completed | -      | 04-10  | -      | PMCS completed                            | implausible       | hold    |
| 5   | PMCS completed it after its own data date              | completed | 05-01  | -      | -      |                                           | implausible       | hold    |
| 5   | ... also where both sides agree on that day            | completed | 05-01  | 05-01  | 05-01  |                                           | implausible       | hold    |
| 12  | on the data date itself is possible                    | completed | 04-30  | -      | -      |                                           | owner_moved       | write   |
| 12  | an export without a data date cannot be judged by it   | completed | 05-01  | -      | -      | no data date                              | owner_moved       | write   |
| 5   | Jira says done without a date, PMCS has none either    | completed | -      | -      | -      | Jira done                                 | implausible       | hold    |
| 12  | ... but PMCS has one                                   | completed | 04-10  | -      | -      | Jira done                                 | owner_moved       | write   |
| 5   | a date on an issue that is not done                    | completed | -      | 04-10  | -      | Jira not done                             | implausible       | hold    |
| 5   | ... another one than PMCS has                          | completed | 04-12  | 04-10  | -      | Jira not done                             | implausible       | hold    |
| 6   | ... the one that PMCS has                              | completed | 04-10  | 04-10  | -      | Jira not done                             | in_sync           | record  |
| 7   | ... the one both had agreed on                         | completed | -      | 04-10  | 04-10  | Jira not done                             | history_rewritten | hold    |
| 14  | ... one that we wrote ourselves                        | completed | 04-09  | 04-10  | -      | Jira not done; we wrote 04-10             | both_moved        | hold    |
| 5   | reopened in Jira, and its date is still there          | completed | -      | 04-10  | -      | Jira not done; was done                   | implausible       | hold    |
| 5   | ... even where PMCS has the same date                  | completed | 04-10  | 04-10  | 04-10  | Jira not done; was done                   | implausible       | hold    |
| 5   | ... even where we wrote it                             | completed | 04-10  | 04-10  | 04-10  | Jira not done; was done; we wrote 04-10   | implausible       | hold    |
| 6   | reopened in Jira, and its date went with that          | completed | -      | -      | -      | Jira not done; was done                   | in_sync           | record  |
| 6   | status and dates of completion do not touch the due    | due       | 03-01  | 03-01  | 03-01  | PMCS completed; Jira done                 | in_sync           | record  |
| 6   | both say the same                                      | due       | 03-01  | 03-01  | ?      |                                           | in_sync           | record  |
| 6   | both moved to the same day                             | due       | 03-01  | 03-01  | 02-01  |                                           | in_sync           | record  |
| 6   | neither has a date                                     | due       | -      | -      | ?      |                                           | in_sync           | record  |
| 6   | both dropped it                                        | due       | -      | -      | 03-01  |                                           | in_sync           | record  |
| 6   | both say completed on the same day                     | completed | 04-10  | 04-10  | ?      |                                           | in_sync           | record  |
| 7   | PMCS withdrew an agreed completion                     | completed | -      | 04-10  | 04-10  |                                           | history_rewritten | hold    |
| 7   | PMCS rewrote an agreed completion                      | completed | 04-08  | 04-10  | 04-10  |                                           | history_rewritten | hold    |
| 7   | ... while Jira dropped it                              | completed | 04-08  | -      | 04-10  |                                           | history_rewritten | hold    |
| 7   | ... while Jira changed it too                          | completed | 04-08  | 04-09  | 04-10  |                                           | history_rewritten | hold    |
| 7   | ... and there is no Jira field for it                  | completed | 04-08  | 04-10  | 04-10  | no Jira field                             | history_rewritten | hold    |
| 8   | Jira reports a completion first                        | completed | -      | 04-10  | -      |                                           | reported          | propose |
| 8   | ... at the first meeting                               | completed | -      | 04-10  | ?      |                                           | reported          | propose |
| 8   | ... on the data date                                   | completed | -      | 04-30  | -      |                                           | reported          | propose |
| 8   | ... and it waits for the export that reaches it        | completed | -      | 05-01  | -      |                                           | reported          | report  |
| 8   | ... and no data date says whether it may go out        | completed | -      | 04-10  | -      | no data date                              | reported          | report  |
| 8   | ... and it is handed over and not in an export yet     | completed | -      | 04-10  | -      | proposed 04-10 pending                    | reported          | report  |
| 8   | ... and another day was handed over before             | completed | -      | 04-10  | -      | proposed 04-09 withdrawn                  | reported          | propose |
| 8   | ... and the hand-over did not land                     | completed | -      | 04-10  | -      | proposed 04-10 not_landed                 | reported          | propose |
| 8   | ... and was taken back once and said again             | completed | -      | 04-10  | -      | proposed 04-10 withdrawn                  | reported          | propose |
| 8   | ... and PMCS is not to be told                         | completed | -      | 04-10  | -      | no reports to PMCS                        | reported          | report  |
| 8   | ... where Jira has no field of its own for it          | completed | -      | 04-10  | -      | no Jira field                             | reported          | propose |
| 9   | PMCS answered a proposal with another day              | completed | 04-12  | 04-10  | -      | proposed 04-10 pending                    | owner_moved       | write   |
| 9   | ... at the first meeting of the two                    | completed | 04-12  | 04-10  | ?      | proposed 04-10 overwritten                | owner_moved       | write   |
| 9   | ... to a proposal withdrawn since                      | completed | 04-12  | 04-10  | -      | proposed 04-10 withdrawn                  | owner_moved       | write   |
| 9   | ... and there is no Jira field for it                  | completed | 04-12  | 04-10  | -      | proposed 04-10 pending; no Jira field     | owner_moved       | report  |
| 14  | Jira changed its mind after proposing                  | completed | 04-12  | 04-11  | -      | proposed 04-10 withdrawn                  | both_moved        | hold    |
| 15  | ... and the two never agreed                           | completed | 04-12  | 04-11  | ?      | proposed 04-10 withdrawn                  | first_contact     | hold    |
| 14  | only the last proposal counts                          | completed | 04-12  | 04-09  | -      | proposed 04-09 withdrawn; proposed 04-10 pending | both_moved | hold    |
| 10  | Jira withdrew what it had reported, PMCS has it        | completed | 04-12  | -      | -      | proposed 04-12 pending                    | follower_edited   | hold    |
| 10  | ... and the two never agreed                           | completed | 04-12  | -      | ?      | proposed 04-10 withdrawn                  | follower_edited   | hold    |
| 10  | ... and edits of due are restored, which is not this   | completed | 04-12  | -      | -      | proposed 04-12 landed; restore            | follower_edited   | hold    |
| 10  | ... and there is no Jira field for it                  | completed | 04-12  | -      | -      | proposed 04-12 pending; no Jira field     | follower_edited   | report  |
| 12  | ... but it had never reported anything                 | completed | 04-12  | -      | -      |                                           | owner_moved       | write   |
| 11  | PMCS dropped its due                                   | due       | -      | 03-01  | 03-01  |                                           | owner_blank       | hold    |
| 11  | PMCS never had one                                     | due       | -      | 03-01  | -      |                                           | owner_blank       | hold    |
| 11  | ... at the first meeting                               | due       | -      | 03-01  | ?      | trust PMCS                                | owner_blank       | hold    |
| 11  | ... and edits are restored: a blank is never written   | due       | -      | 03-01  | -      | restore                                   | owner_blank       | hold    |
| 12  | the plan slipped                                       | due       | 03-01  | 02-01  | 02-01  |                                           | owner_moved       | write   |
| 12  | the plan was pulled in                                 | due       | 01-01  | 02-01  | 02-01  |                                           | owner_moved       | write   |
| 12  | PMCS gave a due where none was                         | due       | 03-01  | -      | -      |                                           | owner_moved       | write   |
| 12  | PMCS completed it                                      | completed | 04-10  | -      | -      |                                           | owner_moved       | write   |
| 12  | ... and there is no Jira field for it                  | completed | 04-10  | -      | -      | no Jira field                             | owner_moved       | report  |
| 12  | the due moved and is a planned date                    | due       | 03-01  | 02-01  | 02-01  | planned date                              | owner_moved       | basis   |
| 12  | ... and planned dates may be written                   | due       | 03-01  | 02-01  | 02-01  | planned date; planned may be written      | owner_moved       | write   |
| 12  | ... and is a forecast                                  | due       | 03-01  | 02-01  | 02-01  | forecast date; planned may be written     | owner_moved       | basis   |
| 12  | a completed milestone still gets its due               | due       | 03-01  | 02-01  | 02-01  | PMCS completed; Jira done                 | owner_moved       | write   |
| 13  | somebody edited the due in Jira                        | due       | 03-01  | 02-01  | 03-01  |                                           | follower_edited   | hold    |
| 13  | somebody cleared the due in Jira                       | due       | 03-01  | -      | 03-01  |                                           | follower_edited   | hold    |
| 13  | ... and edits are restored                             | due       | 03-01  | -      | 03-01  | restore                                   | follower_edited   | write   |
| 13  | ... unless the date is a planned one                   | due       | 03-01  | -      | 03-01  | restore; planned date                     | follower_edited   | basis   |
| 13  | ... unless an undo put that value there                | due       | 03-01  | 02-01  | 03-01  | restore; write taken back                 | follower_edited   | hold    |
| 13  | ... also where the undo emptied the field              | due       | 03-01  | -      | 03-01  | restore; write taken back                 | follower_edited   | hold    |
| 13  | Jira cleared an agreed completion                      | completed | 04-10  | -      | 04-10  | Jira not done                             | follower_edited   | hold    |
| 13  | Jira edited an agreed completion                       | completed | 04-10  | 04-11  | 04-10  |                                           | follower_edited   | hold    |
| 13  | ... and edits of due are restored, which is not this   | completed | 04-10  | 04-11  | 04-10  | restore                                   | follower_edited   | hold    |
| 13  | ... and there is no Jira field for it                  | completed | 04-10  | 04-11  | 04-10  | no Jira field                             | follower_edited   | report  |
| 14  | both moved, to different days                          | due       | 03-01  | 02-01  | 01-01  |                                           | both_moved        | hold    |
| 14  | PMCS moved and Jira was cleared                        | due       | 03-01  | -      | 01-01  | restore; trust PMCS                       | both_moved        | hold    |
| 14  | both completed it, on different days                   | completed | 04-10  | 04-11  | -      |                                           | both_moved        | hold    |
| 14  | ... and there is no Jira field for it                  | completed | 04-10  | 04-11  | -      | no Jira field                             | both_moved        | report  |
| 15  | they meet for the first time and differ                | due       | 03-01  | 02-01  | ?      |                                           | first_contact     | hold    |
| 15  | ... because Jira has nothing                           | due       | 03-01  | -      | ?      |                                           | first_contact     | hold    |
| 15  | ... and empty fields are filled                        | due       | 03-01  | -      | ?      | fill                                      | first_contact     | write   |
| 15  | ... and only empty fields are filled                   | due       | 03-01  | 02-01  | ?      | fill                                      | first_contact     | hold    |
| 15  | ... and PMCS is trusted                                | due       | 03-01  | 02-01  | ?      | trust PMCS                                | first_contact     | write   |
| 15  | ... unless its date is a planned one                   | due       | 03-01  | 02-01  | ?      | trust PMCS; planned date                  | first_contact     | basis   |
| 15  | a completion that was there at the first meeting       | completed | 04-10  | -      | ?      |                                           | first_contact     | hold    |
| 15  | ... and dues of PMCS are trusted, which is not this    | completed | 04-10  | -      | ?      | trust PMCS                                | first_contact     | hold    |
| 15  | ... and there is no Jira field for it                  | completed | 04-10  | -      | ?      | no Jira field                             | first_contact     | report  |
| 16  | nobody linked it                                       | due       | 03-01  | absent | ?      | no link                                   | unlinked          | report  |
"""  # noqa: E501  # a table is read across

ROWS: Final = [*((row.number, row.kind) for row in TABLE), (16, DriftKind.UNLINKED)]
CODE: Final = "LDM-503-06"
KEY: Final = "DM-1"
OTHER_KEY: Final = "DM-2"


def day(text: str) -> date | None:
    """ "03-01" is the first of March 2019; "-" is blank."""
    return None if text == "-" else date.fromisoformat(f"2019-{text}")


@dataclass
class Scene:
    """What a row of the table describes, before it becomes snapshots, links and memory."""

    field: Field
    owner: Milestone | None
    follower: Milestone | None
    links: list[Link] = field(default_factory=lambda: [link(CODE, KEY)])
    others: list[Milestone] = field(default_factory=list)  # further issues
    owner_facts: dict[str, Any] = field(default_factory=dict)
    follower_facts: dict[str, Any] = field(default_factory=dict)
    owner_rejects: list[Reject] = field(default_factory=list)
    follower_rejects: list[Reject] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    written: set[date] = field(default_factory=set)
    taken_back: bool = False
    was_done: bool = False
    rules: dict[str, Any] = field(default_factory=dict)

    def change_owner(self, **values: Any) -> None:
        self.owner = replace(self.owner, **values) if self.owner else None

    def change_follower(self, **values: Any) -> None:
        self.follower = replace(self.follower, **values) if self.follower else None


def _rejected(where: str, code: str, name: Field | str | None, cause: RejectCause) -> Reject:
    return Reject(where, code, "reads 13/32/19", cause, field=str(name) if name else None)


def _other_project(s: Scene) -> None:
    s.links = [link(CODE, "XY-1")]
    s.change_follower(code="XY-1")


def _moved(s: Scene, key: str) -> None:
    s.change_follower(code=key)
    s.follower_facts["moved"] = {KEY: key}


def _two_codes_one_issue_that_moved(s: Scene) -> None:
    _moved(s, "DM-9")
    s.links.append(link("LDM-503-07", "DM-9"))


def _other_issue_done(s: Scene, on: str) -> None:
    s.links.append(link(CODE, OTHER_KEY, fields=[Field.COMPLETED]))
    s.others.append(issue(OTHER_KEY, completed=day(on)))


def _proposed(s: Scene, on: str, state: str) -> None:
    value = day(on)
    assert value is not None
    s.proposals.append(Proposal(CODE, f"id-{KEY}", value, ProposalState(state), date(2019, 4, 20)))


FACTS: Final[dict[str, Callable[..., None]]] = {
    "PMCS twice": lambda s: s.owner_rejects.append(_rejected("TASK row 7", CODE, None, RejectCause.DUPLICATE)),
    "Jira twice": lambda s: s.follower_rejects.append(_rejected("page 2", KEY, None, RejectCause.DUPLICATE)),
    "PMCS repeated": lambda s: s.owner_rejects.append(_rejected("TASK row 7", CODE, None, RejectCause.REPEATED)),
    "two codes, one issue": lambda s: s.links.append(link("LDM-503-07", KEY)),
    "two codes, one issue that moved": _two_codes_one_issue_that_moved,
    "linked twice": lambda s: s.links.append(link(CODE, KEY, role="also")),
    "other issue done": _other_issue_done,
    "other project": _other_project,
    "moved to": _moved,
    "PMCS incomplete": lambda s: s.owner_facts.update(complete=False),
    "Jira incomplete": lambda s: s.follower_facts.update(complete=False),
    "PMCS row unreadable": lambda s: s.owner_rejects.append(
        _rejected("TASK row 7", CODE, None, RejectCause.UNREADABLE)
    ),
    "Jira row unreadable": lambda s: s.follower_rejects.append(_rejected(KEY, KEY, None, RejectCause.UNREADABLE)),
    "PMCS due unreadable": lambda s: s.owner_rejects.append(
        _rejected("TASK row 7", CODE, Field.DUE, RejectCause.UNREADABLE)
    ),
    "Jira completed unreadable": lambda s: s.follower_rejects.append(
        _rejected(KEY, KEY, Field.COMPLETED, RejectCause.UNREADABLE)
    ),
    "PMCS forecast unreadable": lambda s: s.owner_rejects.append(
        _rejected("TASK row 7", CODE, "forecast", RejectCause.UNREADABLE)
    ),
    "not asked": lambda s: s.follower_facts.update(asked=[]),
    "a task": lambda s: s.change_owner(kind=MilestoneKind.TASK),
    "no types": lambda s: s.owner_facts.update(typed=False),
    "no data date": lambda s: s.owner_facts.update(data_date=None),
    "PMCS completed": lambda s: s.change_owner(status=Status.COMPLETED),
    "Jira done": lambda s: s.change_follower(status=Status.COMPLETED),
    "Jira not done": lambda s: s.change_follower(status=Status.IN_PROGRESS),
    "was done": lambda s: setattr(s, "was_done", True),
    "we wrote": lambda s, on: s.written.add(day(on)),
    "proposed": _proposed,
    "write taken back": lambda s: setattr(s, "taken_back", True),
    "planned date": lambda s: s.change_owner(due_basis=Basis.PLANNED),
    "forecast date": lambda s: s.change_owner(due_basis=Basis.FORECAST),
    "planned may be written": lambda s: s.rules.update(write_basis=frozenset({Basis.BASELINE, Basis.PLANNED})),
    "restore": lambda s: s.rules.update(follower_edit=FollowerEdit.RESTORE),
    "fill": lambda s: s.rules.update(first_contact=FirstContact.FILL),
    "trust PMCS": lambda s: s.rules.update(first_contact=FirstContact.OWNER),
    "no reports to PMCS": lambda s: s.rules.update(report_to_owner=False),
    "no Jira field": lambda s: s.rules.update(writable=frozenset({Field.DUE})),
    "no link": lambda s: s.links.clear(),
}


def _take_in(scene: Scene, fact: str) -> None:
    """Facts are exact words, perhaps followed by days, keys or states."""
    words = max((known for known in FACTS if fact == known or fact.startswith(f"{known} ")), key=len)
    FACTS[words](scene, *fact.removeprefix(words).split())


def drifts_of(name: Field, pmcs: str, jira: str, agreed: str, facts: Iterable[str]) -> tuple[Drift, ...]:
    """What the reconciler makes of one row of the table."""
    place: LinkKey = (CODE, f"id-{KEY}", name)
    scene = Scene(
        field=name,
        owner=None if pmcs == "absent" else milestone(CODE, **{name.value: day(pmcs)}),
        follower=None if jira == "absent" else issue(KEY, **{name.value: day(jira)}),
    )
    for fact in facts:
        _take_in(scene, fact)
    follower_value = scene.follower.value(name) if scene.follower else None
    if scene.follower is None:
        place = (CODE, KEY, name)
        scene.follower_facts.setdefault("missing", [KEY])
    issues = [] if scene.follower is None else [replace(scene.follower, issue_id=f"id-{KEY}")]
    return reconcile(
        export(*([scene.owner] if scene.owner else []), rejects=scene.owner_rejects, **scene.owner_facts),
        tracked(*issues, *scene.others, rejects=scene.follower_rejects, **scene.follower_facts),
        scene.links,
        memory(
            {} if agreed == "?" else {place: day(agreed)},
            written={place: scene.written},
            undone={place: follower_value} if scene.taken_back else None,
            proposals=scene.proposals,
            done_before=[f"id-{KEY}"] if scene.was_done else [],
        ),
        policy("DM", **scene.rules),
    )


def _rows() -> list[Any]:
    said = ""
    rows = []
    for line in TRUTH_TABLE.strip().splitlines()[2:]:
        number, what, name, pmcs, jira, agreed, facts, kind, action = (cell.strip() for cell in line.split("|")[1:-1])
        said = what if not what.startswith("...") else f"{said.partition(' ...')[0]} {what}"
        split = [fact.strip() for fact in facts.split(";") if fact.strip()]
        rows.append(
            pytest.param(int(number), Field(name), pmcs, jira, agreed, split, kind, action, id=f"row {number}: {said}")
        )
    return rows


def the_drift(drifts: Iterable[Drift], name: Field) -> Drift:
    """The one about the code and field in question; several links of one code may well agree about it."""
    chosen = [d for d in drifts if d.code == CODE and d.field in (name, None) and d.key != OTHER_KEY]
    assert len({(d.kind, d.action, d.why) for d in chosen}) == 1, chosen
    return chosen[0]


@pytest.mark.parametrize(("row", "name", "pmcs", "jira", "agreed", "facts", "kind", "action"), _rows())
def test_every_case_of_the_truth_table(
    row: int, name: Field, pmcs: str, jira: str, agreed: str, facts: list[str], kind: str, action: str
) -> None:
    drift = the_drift(drifts_of(name, pmcs, jira, agreed, facts), name)
    assert drift.kind == kind == dict(ROWS)[row]
    assert drift.why
    assert (row == 9) == drift.why.startswith("PMCS answered the proposed")  # else it is row 12
    assert (row == 10) == drift.why.startswith("Jira withdrew")  # else it is row 13
    if action == "basis":
        assert (drift.action, drift.hold_kind) == (Action.HOLD, DriftKind.BASIS)
    else:
        assert drift.action == action
        assert drift.hold_kind == (drift.kind if drift.action is Action.HOLD else None)


def test_every_row_of_the_table_is_tried() -> None:
    assert sorted({row.values[0] for row in _rows()}) == [number for number, _ in ROWS] == list(range(1, 17))


def test_every_kind_that_is_a_case_comes_up() -> None:
    never_a_case = {DriftKind.BASIS, DriftKind.ADOPTED, DriftKind.UNDONE}
    assert {row.values[6] for row in _rows()} == set(DriftKind) - never_a_case


# What is said. Each sentence is what a controller reads beside the hold, so the dates in it must be the right ones.
WORDS: Final[list[tuple[str, str, str, str, str, str]]] = [
    # field, PMCS, Jira, agreed, facts, why
    ("due", "absent", "03-01", "03-01", "PMCS twice", "TASK row 7: reads 13/32/19"),
    ("due", "03-01", "03-01", "03-01", "linked twice", "two links write due of DM-1"),
    ("due", "03-01", "03-01", "?", "moved to DM-9; linked twice", "two links write due of DM-9"),
    (
        "completed", "-", "04-12", "-", "other issue done 04-11",
        "the Jira issues linked to LDM-503-06 report different completions: 2019-04-11 and 2019-04-12",
    ),
    ("due", "03-01", "02-01", "02-01", "other project", "XY-1 is in project XY, which is not among `projects`"),
    (
        "due", "03-01", "02-01", "02-01", "moved to XY-9",
        "DM-1 moved to XY-9, in project XY, which is not among `projects`",
    ),
    ("due", "absent", "02-01", "02-01", "PMCS incomplete", "the export was not read completely"),
    ("due", "03-01", "absent", "02-01", "Jira incomplete", "Jira was not read completely"),
    ("due", "-", "02-01", "02-01", "PMCS due unreadable", "TASK row 7: reads 13/32/19"),
    ("due", "03-01", "absent", "?", "not asked", "Jira was not asked for DM-1: the link is newer than what was read"),
    ("due", "absent", "02-01", "02-01", "", "LDM-503-06 is not among the milestones of the newest export"),
    ("due", "03-01", "absent", "02-01", "", "Jira does not show DM-1: deleted, or not visible to the account"),
    ("completed", "-", "04-10", "-", "PMCS completed", "PMCS says completed and exports no date"),
    (
        "completed", "05-02", "-", "-", "",
        "PMCS says completed on 2019-05-02, which is later than its data date 2019-04-30",
    ),
    ("completed", "-", "-", "-", "Jira done", "Jira says done and has no date, and PMCS has none either"),
    (
        "completed", "-", "04-10", "-", "Jira not done",
        "Jira is not done and has the completion date 2019-04-10, which PMCS does not have",
    ),
    (
        "completed", "-", "04-10", "-", "Jira not done; was done",
        "Jira was done, is so no more, and keeps the completion date 2019-04-10",
    ),
    ("due", "03-01", "03-01", "02-01", "", "both sides agree"),
    (
        "completed", "-", "04-10", "04-10", "",
        "PMCS withdrew the completion of 2019-04-10 that both sides had agreed on",
    ),
    (
        "completed", "04-08", "04-10", "04-10", "",
        "PMCS rewrote the completion both sides had agreed on: 2019-04-10 became 2019-04-08",
    ),
    ("completed", "-", "04-10", "-", "", "Jira reports the completion of 2019-04-10; to be handed to PMCS"),
    (
        "completed", "-", "05-10", "-", "",
        "Jira reports the completion of 2019-05-10; waits for an export whose data date has reached 2019-05-10",
    ),
    (
        "completed", "-", "04-10", "-", "proposed 04-10 pending",
        "Jira reports the completion of 2019-04-10; handed over on 2019-04-20, not yet in an export",
    ),
    (
        "completed", "-", "04-10", "-", "no reports to PMCS",
        "Jira reports the completion of 2019-04-10; `report_to_owner` is off, so PMCS is not told",
    ),
    (
        "completed", "04-12", "04-10", "-", "proposed 04-10 overwritten",
        "PMCS answered the proposed completion of 2019-04-10 with 2019-04-12",
    ),
    (
        "completed", "04-12", "-", "-", "proposed 04-10 withdrawn",
        "Jira withdrew the completion it had reported (2019-04-10); PMCS now says 2019-04-12",
    ),
    ("due", "-", "03-01", "03-01", "", "PMCS has no date, Jira has 2019-03-01; a blank is never written"),
    ("due", "03-01", "02-01", "02-01", "", "PMCS moved from 2019-02-01 to 2019-03-01"),
    ("due", "03-01", "-", "-", "", "PMCS moved from no date to 2019-03-01"),
    (
        "due", "03-01", "02-01", "02-01", "planned date",
        "PMCS moved from 2019-02-01 to 2019-03-01; base_end_date is a planned date, which is not in `write_basis`",
    ),
    ("due", "03-01", "02-01", "03-01", "", "Jira was edited from 2019-03-01 to 2019-02-01; PMCS still says 2019-03-01"),
    ("due", "03-01", "-", "03-01", "", "Jira was edited from 2019-03-01 to no date; PMCS still says 2019-03-01"),
    (
        "due", "03-01", "02-01", "03-01", "write taken back",
        "a write was taken back: Jira holds 2019-02-01 again, PMCS says 2019-03-01",
    ),
    ("due", "03-01", "02-01", "01-01", "", "both moved from 2019-01-01: PMCS to 2019-03-01, Jira to 2019-02-01"),
    (
        "due", "03-01", "-", "?", "",
        "first meeting: PMCS says 2019-03-01, Jira no date, and nobody knows who moved",
    ),
    (
        "completed", "04-10", "-", "-", "no Jira field",
        "PMCS moved from no date to 2019-04-10; Jira has no field for it (`completed_field` is not configured)",
    ),
    ("due", "03-01", "absent", "?", "no link", "no link names a Jira issue for it"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "pmcs", "jira", "agreed", "facts", "why"), WORDS, ids=[w[-1] for w in WORDS])
def test_what_is_said_names_the_right_dates(name: str, pmcs: str, jira: str, agreed: str, facts: str, why: str) -> None:
    split = [fact.strip() for fact in facts.split(";") if fact.strip()]
    assert the_drift(drifts_of(Field(name), pmcs, jira, agreed, split), Field(name)).why == why


def by_place(drifts: Iterable[Drift]) -> dict[tuple[str, str | None, Field | None], Drift]:
    return {(d.code, d.key, d.field): d for d in drifts}


def agreeing_memory(*places: tuple[str, str, Field, date | None]) -> Memory:
    """Baselines by code, key, field and value."""
    return memory({(code, f"id-{key}", name): value for code, key, name, value in places})


class TestLinks:
    def test_every_link_and_field_comes_once_in_order_then_what_nobody_linked(self) -> None:
        drifts = reconcile(
            export(milestone("B"), milestone("C"), milestone("A")),
            tracked(issue("DM-2"), issue("DM-1"), issue("DM-3")),
            [link("C", "DM-3"), link("A", "DM-2", fields=[Field.DUE]), link("A", "DM-1")],
            Memory(),
            policy(),
        )
        assert [(d.code, d.key, d.field) for d in drifts] == [
            ("A", "DM-1", Field.COMPLETED),
            ("A", "DM-1", Field.DUE),
            ("A", "DM-2", Field.DUE),
            ("B", None, None),
            ("C", "DM-3", Field.COMPLETED),
            ("C", "DM-3", Field.DUE),
        ]

    def test_an_unlinked_task_is_not_reported(self) -> None:
        rows = (milestone("A"), milestone("T", kind=MilestoneKind.TASK))
        assert [d.code for d in reconcile(export(*rows), tracked(), [], Memory(), policy())] == ["A"]
        untyped = reconcile(export(*rows, typed=False), tracked(), [], Memory(), policy())
        assert [d.code for d in untyped] == ["A", "T"]

    def test_a_test_plan_issue_gets_a_due_before_the_milestone_and_no_completion(self) -> None:
        drifts = reconcile(
            export(milestone(CODE, date(2019, 8, 30), date(2019, 4, 10))),
            tracked(issue("DM-1", date(2019, 8, 30), date(2019, 4, 10)), issue("DM-2", date(2019, 5, 1))),
            [link(CODE, "DM-1"), link(CODE, "DM-2", fields=[Field.DUE], offset_days=-45, role="test_plan")],
            agreeing_memory((CODE, "DM-2", Field.DUE, date(2019, 5, 1))),
            policy(),
        )
        assert {(d.key, d.field) for d in drifts} == {
            ("DM-1", Field.DUE),
            ("DM-1", Field.COMPLETED),
            ("DM-2", Field.DUE),
        }
        test_plan = by_place(drifts)[CODE, "DM-2", Field.DUE]
        assert (test_plan.kind, test_plan.action) == (DriftKind.OWNER_MOVED, Action.WRITE)
        assert test_plan.owner_value == date(2019, 7, 16)

    def test_an_edited_test_plan_due_is_held_and_never_proposed(self) -> None:
        (drift,) = reconcile(
            export(milestone(CODE, date(2019, 8, 30))),
            tracked(issue("DM-2", date(2019, 7, 20), completed=date(2019, 4, 10))),
            [link(CODE, "DM-2", fields=[Field.DUE], offset_days=-45)],
            agreeing_memory((CODE, "DM-2", Field.DUE, date(2019, 7, 16))),
            policy(),
        )
        assert (drift.kind, drift.action) == (DriftKind.FOLLOWER_EDITED, Action.HOLD)

    def test_each_issue_of_a_milestone_has_a_baseline_of_its_own(self) -> None:
        drifts = reconcile(
            export(milestone(CODE, date(2019, 3, 1))),
            tracked(issue("DM-1", date(2019, 2, 1)), issue("DM-2", date(2019, 2, 1)), issue("DM-3", date(2019, 3, 1))),
            [link(CODE, key, fields=[Field.DUE]) for key in ("DM-1", "DM-2", "DM-3")],
            agreeing_memory((CODE, "DM-1", Field.DUE, date(2019, 2, 1)), (CODE, "DM-2", Field.DUE, date(2019, 3, 1))),
            policy(),
        )
        assert [(d.key, d.kind) for d in drifts] == [
            ("DM-1", DriftKind.OWNER_MOVED),
            ("DM-2", DriftKind.FOLLOWER_EDITED),
            ("DM-3", DriftKind.IN_SYNC),
        ]

    def test_a_code_linked_to_another_issue_starts_unknown(self) -> None:
        (drift,) = reconcile(
            export(milestone(CODE, date(2019, 3, 1))),
            tracked(issue("DM-2", date(2019, 2, 1))),
            [link(CODE, "DM-2", fields=[Field.DUE])],
            agreeing_memory((CODE, "DM-1", Field.DUE, date(2019, 2, 1))),
            policy(),
        )
        assert (drift.kind, drift.baseline_known) == (DriftKind.FIRST_CONTACT, False)

    def test_a_code_linked_twice_to_one_field_is_held_twice_and_its_other_field_is_not(self) -> None:
        drifts = reconcile(
            export(milestone(CODE, date(2019, 3, 1))),
            tracked(issue("DM-1", date(2019, 2, 1))),
            [link(CODE, "DM-1"), link(CODE, "DM-1", fields=[Field.DUE], offset_days=-45)],
            Memory(),
            policy(),
        )
        assert [(d.field, d.kind) for d in drifts] == [
            (Field.COMPLETED, DriftKind.IN_SYNC),
            (Field.DUE, DriftKind.AMBIGUOUS),
            (Field.DUE, DriftKind.AMBIGUOUS),
        ]
        assert {d.action for d in drifts if d.field is Field.DUE} == {Action.HOLD}

    def test_two_milestones_on_two_fields_of_one_issue_do_not_meet(self) -> None:
        drifts = reconcile(
            export(milestone("A", date(2019, 3, 1)), milestone("B", completed=date(2019, 4, 10))),
            tracked(issue("DM-1", date(2019, 3, 1), date(2019, 4, 10))),
            [link("A", "DM-1", fields=[Field.DUE]), link("B", "DM-1", fields=[Field.COMPLETED])],
            Memory(),
            policy(),
        )
        assert [d.kind for d in drifts] == [DriftKind.IN_SYNC, DriftKind.IN_SYNC]

    def test_an_ambiguous_export_row_holds_every_issue_and_field_of_its_code_and_nothing_else(self) -> None:
        twice = [Reject(f"TASK row {row}", CODE, "different dates", RejectCause.DUPLICATE) for row in (7, 9)]
        drifts = reconcile(
            export(milestone("A", date(2019, 3, 1)), rejects=twice),
            tracked(issue("DM-1"), issue("DM-2"), issue("DM-3", date(2019, 3, 1))),
            [link(CODE, "DM-1"), link(CODE, "DM-2", fields=[Field.DUE]), link("A", "DM-3", fields=[Field.DUE])],
            Memory(),
            policy(),
        )
        held = [(d.key, d.field) for d in drifts if d.kind is DriftKind.AMBIGUOUS]
        assert held == [("DM-1", Field.COMPLETED), ("DM-1", Field.DUE), ("DM-2", Field.DUE)]
        assert by_place(drifts)["A", "DM-3", Field.DUE].kind is DriftKind.IN_SYNC

    def test_what_was_not_seen_names_no_issue_to_write(self) -> None:
        (drift,) = reconcile(
            export(milestone(CODE, date(2019, 3, 1))),
            tracked(missing=["DM-1"]),
            [link(CODE, "DM-1", fields=[Field.DUE])],
            Memory(),
            policy(),
        )
        assert (drift.key, drift.issue_id, drift.follower_value, drift.seen_on_both) == ("DM-1", None, None, False)

    @pytest.mark.parametrize(("short", "gone"), [("neither", {"A", "B"}), ("export", {"A"}), ("Jira", {"B"})])
    def test_nothing_is_gone_from_a_side_that_was_read_in_part(self, short: str, gone: set[str]) -> None:
        drifts = reconcile(
            export(milestone("A"), complete=short != "export"),
            tracked(issue("DM-2"), missing=["DM-1"], complete=short != "Jira"),
            [link("A", "DM-1"), link("B", "DM-2")],
            Memory(),
            policy(),
        )
        assert {d.code for d in drifts if d.kind is DriftKind.GONE} == gone
        assert {d.code for d in drifts if d.kind is DriftKind.UNSEEN} == {"A", "B"} - gone

    def test_nothing_at_all_is_no_drift(self) -> None:
        assert reconcile(export(), tracked(), [], Memory(), policy()) == ()


class TestMoved:
    def test_an_issue_that_moved_keeps_its_baseline_and_is_named_by_its_new_key(self) -> None:
        (drift,) = reconcile(
            export(milestone(CODE, date(2019, 3, 1))),
            tracked(issue("DLP-9", date(2019, 2, 1), issue_id="10001"), moved={"DM-1": "DLP-9"}),
            [link(CODE, "DM-1", fields=[Field.DUE])],
            memory({(CODE, "10001", Field.DUE): date(2019, 2, 1)}),
            policy("DM", "DLP"),
        )
        assert (drift.kind, drift.key, drift.issue_id) == (DriftKind.OWNER_MOVED, "DLP-9", "10001")

    def test_moving_into_a_project_of_ours_makes_it_writable(self) -> None:
        (drift,) = reconcile(
            export(milestone(CODE, date(2019, 3, 1))),
            tracked(issue("DM-9", date(2019, 2, 1), issue_id="10001"), moved={"XY-1": "DM-9"}),
            [link(CODE, "XY-1", fields=[Field.DUE])],
            memory({(CODE, "10001", Field.DUE): date(2019, 2, 1)}),
            policy("DM"),
        )
        assert drift.action is Action.WRITE

    def test_a_moved_issue_that_cannot_be_read_is_unseen_and_not_gone(self) -> None:
        unreadable = Reject("DM-9", "DM-9", "duedate reads 'soon'", RejectCause.UNREADABLE)
        (drift,) = reconcile(
            export(milestone(CODE, date(2019, 3, 1))),
            tracked(asked=["DM-1"], moved={"DM-1": "DM-9"}, rejects=[unreadable]),
            [link(CODE, "DM-1", fields=[Field.DUE])],
            Memory(),
            policy(),
        )
        assert (drift.kind, drift.key, drift.why) == (DriftKind.UNSEEN, "DM-9", "DM-9: duedate reads 'soon'")

    def test_keys_of_a_project_may_hold_hyphens(self) -> None:
        assert policy("A-B").projects == {"A-B"}
        (drift,) = reconcile(
            export(milestone(CODE, date(2019, 3, 1))),
            tracked(issue("A-B-1", date(2019, 3, 1))),
            [link(CODE, "A-B-1", fields=[Field.DUE])],
            Memory(),
            policy("A-B"),
        )
        assert drift.kind is DriftKind.IN_SYNC


class TestOffset:
    @pytest.mark.parametrize(
        ("due", "wanted"),
        [
            (date(2019, 8, 30), date(2019, 7, 16)),
            (date(2019, 3, 15), date(2019, 1, 29)),
            (date(2019, 2, 14), date(2018, 12, 31)),
            (date(2020, 3, 31), date(2020, 2, 15)),
            (date(2019, 9, 17), date(2019, 8, 3)),  # a Saturday stays one
        ],
    )
    def test_45_calendar_days_over_the_ends_of_months_and_years(self, due: date, wanted: date) -> None:
        assert owner_value(milestone(CODE, due), link(CODE, KEY, offset_days=-45), Field.DUE) == wanted

    def test_it_moves_due_only(self) -> None:
        both = milestone(CODE, date(2019, 8, 30), date(2019, 4, 10))
        moved_link = link(CODE, KEY, offset_days=-45)
        assert owner_value(both, moved_link, Field.COMPLETED) == date(2019, 4, 10)
        assert owner_value(both, link(CODE, KEY, offset_days=10), Field.DUE) == date(2019, 9, 9)

    def test_a_blank_stays_blank(self) -> None:
        assert owner_value(milestone(CODE), link(CODE, KEY, offset_days=-45), Field.DUE) is None

    @pytest.mark.parametrize(("due", "days"), [(date.min, -45), (date.max, 1), (date(2019, 1, 1), 10**12)])
    def test_an_offset_beyond_the_calendar_is_no_date_and_is_never_written(self, due: date, days: int) -> None:
        far = link(CODE, KEY, fields=[Field.DUE], offset_days=days)
        assert owner_value(milestone(CODE, due), far, Field.DUE) is None
        (drift,) = reconcile(
            export(milestone(CODE, due)), tracked(issue(KEY, date(2019, 2, 1))), [far], Memory(), policy()
        )
        assert drift.action is Action.HOLD

    def test_agreement_and_baseline_are_judged_after_the_offset(self) -> None:
        far = [link(CODE, KEY, fields=[Field.DUE], offset_days=-45)]
        schedule = export(milestone(CODE, date(2019, 8, 30)))
        (agreed,) = reconcile(schedule, tracked(issue(KEY, date(2019, 7, 16))), far, Memory(), policy())
        assert (agreed.kind, agreed.owner_value) == (DriftKind.IN_SYNC, date(2019, 7, 16))
        known = agreeing_memory((CODE, KEY, Field.DUE, date(2019, 7, 16)))
        (edited,) = reconcile(schedule, tracked(issue(KEY, date(2019, 8, 30))), far, known, policy())
        assert edited.kind is DriftKind.FOLLOWER_EDITED


class TestWhatADriftCarries:
    def test_the_column_and_basis_the_owners_date_was_read_from(self) -> None:
        drifts = by_place(
            reconcile(
                export(milestone(CODE, date(2019, 3, 1), date(2019, 4, 10), basis=Basis.PLANNED)),
                tracked(issue(KEY)),
                [link(CODE, KEY)],
                Memory(),
                policy(),
            )
        )
        due, completed = drifts[CODE, KEY, Field.DUE], drifts[CODE, KEY, Field.COMPLETED]
        assert (due.from_column, due.basis) == ("base_end_date", Basis.PLANNED)
        assert (completed.from_column, completed.basis) == ("act_end_date", None)

    def test_a_completion_shown_as_resolution_date_is_not_what_the_field_holds(self) -> None:
        (drift,) = reconcile(
            export(milestone(CODE, completed=date(2019, 4, 10))),
            tracked(issue(KEY, completed=date(2019, 4, 12))),
            [link(CODE, KEY, fields=[Field.COMPLETED])],
            Memory(),
            policy(),
        )
        assert (drift.follower_value, drift.held) == (date(2019, 4, 12), None)

    def test_a_blank_that_was_agreed_is_told_from_one_that_is_unknown(self) -> None:
        schedule, jira = export(milestone(CODE, date(2019, 3, 1))), tracked(issue(KEY))
        links = [link(CODE, KEY, fields=[Field.DUE])]
        (known,) = reconcile(schedule, jira, links, agreeing_memory((CODE, KEY, Field.DUE, None)), policy())
        (unknown,) = reconcile(schedule, jira, links, Memory(), policy())
        assert (known.baseline, known.baseline_known) == (None, True)
        assert (unknown.baseline, unknown.baseline_known) == (None, False)

    def test_a_baseline_is_looked_up_by_key_where_an_issue_has_no_id(self) -> None:
        (drift,) = reconcile(
            export(milestone(CODE, date(2019, 3, 1))),
            tracked(replace(issue(KEY, date(2019, 2, 1)), issue_id=None)),
            [link(CODE, KEY, fields=[Field.DUE])],
            memory({(CODE, KEY, Field.DUE): date(2019, 2, 1)}),
            policy(),
        )
        assert (drift.kind, drift.issue_id) == (DriftKind.OWNER_MOVED, KEY)


class TestAliases:
    def test_an_alias_is_read_as_the_code_it_stands_for(self) -> None:
        unreadable = Reject("TASK row 9", "LDM-503-7", "reads 13/32/19", field="due")
        seen = resolve_aliases(
            export(milestone("LDM-503-6", date(2019, 3, 1)), milestone("DM-1"), rejects=[unreadable]),
            {"LDM-503-6": "LDM-503-06", "LDM-503-7": "LDM-503-07"},
        )
        assert [m.code for m in seen.milestones] == ["LDM-503-06", "DM-1"]
        assert [(r.code, r.field) for r in seen.rejects] == [("LDM-503-07", "due")]

    def test_a_snapshot_without_any_alias_is_itself(self) -> None:
        seen = export(milestone("DM-1"), rejects=[Reject("row 1", None, "no code")])
        assert resolve_aliases(seen, {"LDM-503-6": "LDM-503-06"}) is seen
        assert resolve_aliases(seen, {}) is seen

    def test_a_row_without_a_code_stays_without_one(self) -> None:
        seen = resolve_aliases(
            export(milestone("LDM-503-6"), rejects=[Reject("row 1", None, "no code")]), {"LDM-503-6": "LDM-503-06"}
        )
        assert [r.code for r in seen.rejects] == [None]

    def test_both_names_with_the_same_dates_are_one_milestone_and_the_first_row_names_it(self) -> None:
        first = milestone("LDM-503-6", date(2019, 3, 1), name="first")
        second = milestone("LDM-503-06", date(2019, 3, 1), name="second")
        seen = self._resolved(first, second)
        assert [(m.code, m.name) for m in seen.milestones] == [("LDM-503-06", "first")]
        (reject,) = seen.rejects
        assert (reject.where, reject.code, reject.cause) == ("TASK row LDM-503-06", CODE, RejectCause.REPEATED)
        assert reject.reason == (
            "one milestone under several codes: LDM-503-6 (TASK row LDM-503-6), LDM-503-06 (TASK row LDM-503-06); "
            "the first counts"
        )
        assert self._kind(seen) is DriftKind.IN_SYNC

    @pytest.mark.parametrize(
        "second",
        [
            milestone("LDM-503-06", date(2019, 3, 2)),
            milestone("LDM-503-06"),
            milestone("LDM-503-06", date(2019, 3, 1), date(2019, 4, 1)),
            replace(milestone("LDM-503-06", date(2019, 3, 1)), forecast=date(2019, 3, 1)),
        ],
    )
    def test_both_names_with_different_dates_are_neither_used(self, second: Milestone) -> None:
        seen = self._resolved(milestone("LDM-503-6", date(2019, 3, 1)), second)
        assert seen.milestones == ()
        assert [(r.code, r.cause) for r in seen.rejects] == [(CODE, RejectCause.DUPLICATE)] * 2
        assert all(r.reason.endswith("; dates differ") for r in seen.rejects)
        assert self._kind(seen) is DriftKind.AMBIGUOUS

    def test_three_names_with_the_same_dates_are_still_one_milestone(self) -> None:
        codes = ("LDM-503-6", "LDM-503-06", "LDM-503-006")
        seen = self._resolved(*(milestone(code, date(2019, 3, 1)) for code in codes))
        assert [m.code for m in seen.milestones] == [CODE]
        assert [r.cause for r in seen.rejects] == [RejectCause.REPEATED] * 2

    def test_an_unreadable_row_under_the_alias_leaves_the_code_unseen(self) -> None:
        unreadable = Reject("TASK row 9", "LDM-503-6", "no readable date")
        seen = resolve_aliases(export(rejects=[unreadable]), {"LDM-503-6": CODE})
        assert self._kind(seen) is DriftKind.UNSEEN

    @staticmethod
    def _resolved(*milestones: Milestone) -> Snapshot:
        return resolve_aliases(export(*milestones), {"LDM-503-6": CODE, "LDM-503-006": CODE})

    @staticmethod
    def _kind(seen: Snapshot) -> DriftKind:
        links = [link(CODE, KEY, fields=[Field.DUE])]
        (drift,) = reconcile(seen, tracked(issue(KEY, date(2019, 3, 1))), links, Memory(), policy())
        return drift.kind
