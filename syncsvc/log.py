"""Logging to standard error with the run it belongs to, and without secrets.

Every line goes through `redact`: values registered with `hide` are replaced wherever they turn up - in messages,
arguments and tracebacks -, and so is what looks like a credential. Nothing here is set up at import.
"""

import json
import logging
import re
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Final, Literal, TextIO
from urllib.parse import quote, quote_plus

LogFormat = Literal["plain", "json"]

MASK: Final = "***"
#: Their chatter holds addresses, headers and bodies.
_NOISY: Final = ("jira", "httpx", "httpcore", "urllib3", "requests", "sqlalchemy", "alembic", "apscheduler")
_GUARDED_HEADER: Final = r"(?:proxy-)?authorization|set-cookie|cookie|x-api-key|x-auth-token|authtoken"
_PATTERNS: Final = (
    # Authorization: Basic …   'Authorization': 'Bearer …'   (b'Authorization', b'Bearer …')
    (re.compile(rf"(?i)(\b(?:{_GUARDED_HEADER})\b['\"]?\s*[:=,]\s*b?)(['\"])(?:\\.|(?!\2).)*\2"), rf"\1\2{MASK}\2"),
    (re.compile(rf"(?i)(\b(?:{_GUARDED_HEADER})\b['\"]?\s*[:=]\s*)[^'\"\s][^\r\n'\",}}]*"), rf"\1{MASK}"),
    (re.compile(r"(?i)\b(bearer\s+)[\w.~+/=-]{8,}"), rf"\1{MASK}"),
    (re.compile(r"(?i)\b(basic\s+)(?=[\w+/]*[0-9=])[\w+/]{8,}=*"), rf"\1{MASK}"),
    # https://user:password@host
    (re.compile(r"(?i)(\b[a-z][a-z0-9+.-]*://)[^\s/?#'\"]*:[^\s/'\"]*@"), rf"\1{MASK}@"),
    (
        re.compile(r"(?i)([?&](?:[\w-]*(?:token|password|secret|signature)|api_?key|sig|key)=)[^\s&#'\"]+"),
        rf"\1{MASK}",
    ),
)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

_hidden: list[str] = []
_run: ContextVar[int | None] = ContextVar("run", default=None)


def hide(secret: str, *, user: str | None = None) -> None:
    """Never show this value again: not as it is, not quoted for a URL, not as the Basic credentials of `user`."""
    if not secret:
        return
    forms = {secret, quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1], json.dumps(secret)[1:-1]}
    if user is not None:
        forms.add(b64encode(f"{user}:{secret}".encode()).decode())
    _hidden[:] = sorted({*_hidden, *forms}, key=len, reverse=True)  # the longest first, or its end would stay


def redact(text: str) -> str:
    """The text without hidden values and without what looks like a credential."""
    for secret in _hidden:
        text = text.replace(secret, MASK)
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def printable(text: str) -> str:
    """The text without secrets and without what could steer a terminal."""
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", redact(text))


@contextmanager
def in_run(run: int) -> Iterator[None]:
    """Every line logged inside belongs to this run. A thread that is to say so too needs a copied context."""
    token = _run.set(run)
    try:
        yield
    finally:
        _run.reset(token)


def current_run() -> int | None:
    """The run that is at work here."""
    return _run.get()


def set_up_logging(level: int, log_format: LogFormat = "plain", stream: TextIO | None = None) -> None:
    """Send the log to `stream` (standard error); asked again, the new way takes the old one's place."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler, _Handler):
            root.removeHandler(handler)
    handler = _Handler(stream or sys.stderr)
    handler.setFormatter(_JsonFormatter() if log_format == "json" else _PlainFormatter())
    handler.addFilter(_is_wanted)
    root.addHandler(handler)
    root.setLevel(level)
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def _is_wanted(record: logging.LogRecord) -> bool:
    """Hold the noisy ones at WARNING even where a library sets its own level."""
    return record.levelno >= logging.WARNING or record.name.partition(".")[0] not in _NOISY


class _Handler(logging.StreamHandler[TextIO]):
    """A stream handler that stays quiet about its own trouble: Python would print the arguments, unredacted."""

    def handleError(self, record: logging.LogRecord) -> None:
        pass


class _PlainFormatter(logging.Formatter):
    """One line of time, level, run, logger and message; what belongs to it is indented below."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        run = current_run()
        head = f"{at} {record.levelname} {'' if run is None else f'run {run}: '}{record.name}: "
        lines = [*_message(record).splitlines(), *_trace(self, record).splitlines()]
        return printable(head + "\n    ".join(lines))


class _JsonFormatter(logging.Formatter):
    """One JSON object a line: at, level, logger, run, message, and trace where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "run": current_run(),
            "message": redact(_message(record)),
        }
        trace = _trace(self, record)
        if trace:
            line["trace"] = redact(trace)
        return json.dumps(line, ensure_ascii=False)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # a wrong format must not lose the line
        return f"{record.msg} {record.args!r}"


def _trace(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    parts = [formatter.formatException(record.exc_info)] if record.exc_info else []
    if record.stack_info:
        parts.append(formatter.formatStack(record.stack_info))
    return "\n".join(parts)
