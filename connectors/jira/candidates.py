"""Issues of the configured projects that milestones without a link may belong to. Reads, and only on request.

Two searches: all issues whose field for codes is filled, where one is configured; and issues by type, the latest
changed first. Both are capped, since a project may hold a hundred thousand issues.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from connectors.jira.fields import CODE_FIELD_SETTING, find_code_field
from connectors.jira.issues import Terms, read_issue
from connectors.jira.search import SearchRefused, quoted, search_pages
from connectors.jira.settings import JiraSettings
from connectors.jira.transport import Transport
from syncsvc.errors import ConfigError
from syncsvc.model import Candidate, Candidates

MAX_ISSUES: Final = 5000  # of one search
#: Without issue types to go by: an issue nobody has touched for longer is no plan of today.
TOUCHED_WITHIN_DAYS: Final = 730
_PAGE_ISSUES: Final = 100

_CUSTOM_FIELD: Final = re.compile(r"customfield_([0-9]+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class CandidateSearch:
    """Searches one Jira. `cloud`: pages by token; else by offset."""

    transport: Transport
    terms: Terms
    settings: JiraSettings
    cloud: bool

    def find(self) -> Candidates:
        """Each issue once. Raises SourceError, and ConfigError for a field or an issue type that is not there."""
        code_field = None
        if self.settings.code_field:
            code_field = find_code_field(self.transport, self.settings.code_field, CODE_FIELD_SETTING)
        projects = f"project in ({', '.join(quoted(project) for project in sorted(self.settings.projects))})"
        by_type, words = self._by_type()
        queries = [f"{projects} AND {by_type} ORDER BY updated DESC"]
        if code_field is not None:
            queries.insert(0, f"{projects} AND {_in_jql(code_field)} is not EMPTY ORDER BY updated DESC")
            words = f"issues with something in {self.settings.code_field}, and {words}"
        found: dict[str, Candidate] = {}
        capped = False
        for query in queries:
            issues, more = self._search(query, code_field)
            capped = capped or more
            for issue in issues:
                shown = read_issue(issue, self.terms)
                if shown is not None and shown.milestone is not None:
                    held = issue["fields"].get(code_field) if code_field else None
                    candidate = Candidate(shown.milestone, held.strip() if isinstance(held, str) else "")
                    found.setdefault(shown.key, candidate)
        in_projects = f"{', '.join(sorted(self.settings.projects))}: {words}"
        return Candidates(tuple(found[key] for key in sorted(found)), in_projects, capped)

    def _by_type(self) -> tuple[str, str]:
        types = self.settings.candidate_types
        if types:
            return f"issuetype in ({', '.join(map(quoted, types))})", f"issues of type {', '.join(types)}"
        return (
            f"issuetype not in subtaskIssueTypes() AND updated >= -{TOUCHED_WITHIN_DAYS}d",
            f"issues other than sub-tasks that were changed within {TOUCHED_WITHIN_DAYS // 365} years",
        )

    def _search(self, jql: str, code_field: str | None) -> tuple[list[Any], bool]:
        """The issues of all pages up to the cap, and whether there are more."""
        fields = [*self.terms.asked_fields, *([code_field] if code_field else [])]
        issues: list[Any] = []
        try:
            for page in search_pages(self.transport, jql, fields, cloud=self.cloud, page_issues=_PAGE_ISSUES):
                issues += page.issues
                if len(issues) > MAX_ISSUES or (len(issues) == MAX_ISSUES and not page.last):
                    return issues[:MAX_ISSUES], True
        except SearchRefused as refused:
            raise ConfigError(
                f"{self.transport.place} refuses the search for candidates: {refused}",
                "See `projects` of the connector, and code_field and suggest_types of [links].",
            ) from None
        return issues, False


def _in_jql(field_id: str) -> str:
    """How a query names a field: custom ones by number, since names are not unique."""
    custom = _CUSTOM_FIELD.fullmatch(field_id)
    return f"cf[{custom[1]}]" if custom else quoted(field_id)
