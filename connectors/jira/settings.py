"""What the configuration says about one Jira."""

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import ZoneInfo

CLOUD: Final = "cloud"
DATA_CENTER: Final = "data-center"
AUTO: Final = "auto"
FLAVOURS: Final = frozenset({CLOUD, DATA_CENTER, AUTO})

NOT_COMPLETED_RESOLUTIONS: Final = frozenset(
    {"Won't Do", "Won't Fix", "Duplicate", "Cannot Reproduce", "Invalid", "Cancelled"}
)


@dataclass(frozen=True, slots=True)
class JiraSettings:
    """One `[connectors.NAME]` of kind jira. User and token are kept out of the repr.

    On Cloud, `user` and token travel as Basic; without a user, and always to Data Center, the token travels as
    Bearer, which is how Data Center takes a personal access token. `time_zone` is where instants become civil dates.
    """

    url: str
    flavour: str
    token: str = field(repr=False)
    projects: frozenset[str]
    time_zone: ZoneInfo
    user: str | None = field(default=None, repr=False)
    completed_field: str | None = None
    not_completed_resolutions: frozenset[str] = NOT_COMPLETED_RESOLUTIONS
    comment: bool = False
    notify: bool = True
    workers: int = 4
    code_field: str | None = None  # a text field that holds milestone codes: only looked at for candidates
    candidate_types: tuple[str, ...] = ()  # names of issue types; none: all but sub-tasks
    census_days: int = 7  # all is read again after so many days; 0: each time
    few_requests: int = 2  # what takes no more than this is read whole each time: asking what changed costs as much
    deadline_seconds: float = 60  # for one whole answer, not for each read of it
    answer_cap_bytes: int = 64 * 1024 * 1024
    retry_budget_seconds: float = 300  # that one request may spend waiting because Jira asked it to
    attempts: int = 6  # of one request that fails without a word on when to come back

    @property
    def place(self) -> str:
        """The address as it may be shown: without user, password, query and a slash at the end."""
        parts = urlsplit(self.url)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))
