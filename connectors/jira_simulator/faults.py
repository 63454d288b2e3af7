"""How the simulated Jira can fail: which request a fault meets, and what it says."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from connectors.jira_simulator.wire import Answer

LOGIN_PAGE = "<!DOCTYPE html><html><head><title>Log in</title></head><body><h1>Log in to continue</h1></body></html>"

#: kind -> details it takes, with their defaults
KINDS: Mapping[str, Mapping[str, object]] = {
    "status": {"status": 500, "body": None, "headers": None},
    "rate_limit": {"retry_after": "1", "reason": "jira-burst-based"},
    "drop_before": {},
    "drop_after": {},
    "cut": {},
    "lie": {},
    "html": {},
    "redirect": {},
    "slow": {"seconds": 1.0, "late": False},
    "endless": {"seconds": 60.0, "head": False},
    "huge": {"bytes": 50_000_000},
}
_TEXTS = {
    401: "Client must be authenticated to access this resource.",
    403: "You do not have permission to perform this operation.",
    404: "Issue does not exist or you do not have permission to see it.",
    409: "The issue could not be updated due to a conflicting update.",
    500: "Internal server error",
}


@dataclass(slots=True)
class Fault:
    """A way to fail, for the requests that fit, some number of times."""

    kind: str
    method: str | None = None
    path: re.Pattern[str] | None = None
    key: str | None = None
    times: int = 1
    after: int = 0
    details: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = KINDS.get(self.kind)
        if known is None:
            raise ValueError(f"no fault is called {self.kind!r}; there are {', '.join(KINDS)}")
        if unknown := set(self.details) - set(known):
            raise ValueError(f"a {self.kind} fault has no {', '.join(sorted(unknown))}")
        self.details = {**known, **self.details}
        if self.kind == "lie":
            self.method = "PUT"  # it is about writes only

    def fits(self, method: str, path: str, names: Collection[str | None]) -> bool:
        """Whether this request is one of those it waits for; `names` are the ones its issue goes by."""
        return (
            self.times > 0
            and (self.method is None or self.method == method)
            and (self.path is None or self.path.search(path) is not None)
            and (self.key is None or self.key in names)
        )

    @property
    def seconds(self) -> float:
        """How long a slow or endless answer takes."""
        return float(str(self.details["seconds"]))

    def answer(self, *, cloud: bool) -> Answer | None:
        """What is answered instead of anything else; None where the fault lies elsewhere."""
        if self.kind == "status":
            status = int(str(self.details["status"]))
            body = self.details["body"]
            if body is None and status in (502, 503, 504):
                body = f"<html><body><h1>{status}</h1></body></html>"  # a gateway speaks for Jira
            elif body is None:
                body = {"errorMessages": [_TEXTS.get(status, f"Error {status}")], "errors": {}}
            headers = self.details["headers"]
            return Answer(status, body, dict(headers) if isinstance(headers, Mapping) else {})
        if self.kind == "rate_limit":
            return self._rate_limit(cloud)
        if self.kind == "html":
            return Answer(200, LOGIN_PAGE)
        if self.kind == "redirect":
            return Answer(302, LOGIN_PAGE, {"Location": "/login.jsp?permissionViolation=true"})
        if self.kind == "huge":
            return Answer(200, {"padding": "x" * int(str(self.details["bytes"]))})
        if self.kind == "lie":
            return Answer(204)
        return None

    def _rate_limit(self, cloud: bool) -> Answer:
        headers = {"X-RateLimit-Limit": "350", "X-RateLimit-Remaining": "0"}
        if self.details["retry_after"] is not None:
            headers["Retry-After"] = str(self.details["retry_after"])
        if not cloud:
            headers |= {"X-RateLimit-Interval-Seconds": "60", "X-RateLimit-FillRate": "10"}
            return Answer(429, {"message": "Rate limit exceeded."}, headers)
        if self.details["reason"] is not None:
            reset_at = datetime.now(UTC) + timedelta(seconds=1)
            headers |= {"RateLimit-Reason": str(self.details["reason"]), "X-RateLimit-Reset": f"{reset_at:%FT%TZ}"}
        return Answer(429, {"errorMessages": ["Rate limit exceeded."], "errors": {}}, headers)
