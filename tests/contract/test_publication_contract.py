"""Published documents and lists, as files and at an address, keep the contract of a connector that only reads."""

import csv
import io
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from connectors.published import Published
from connectors.table import Table
from syncsvc.mapping import load_mapping
from syncsvc.model import Milestone
from tests.contract.connector_contract import MakeConnector, ReadOnlyContract
from tests.release_plans import TITLE, Listed

LIST = """
description = "a list"
format = "table"
side = "published"
required = ["code", "due"]
[columns]
code = "Id"
[dates]
due = [{ column = "Due", basis = "planned" }]
completed = [{ column = "Done" }]
"""
ADDRESS = "https://ls.example/LDM-564.md"


def now() -> datetime:
    return datetime.now(UTC)


def write_plan(milestones: Sequence[Milestone]) -> str:
    """The rows in the order they come, below no milestone: a heading would be one more."""
    listed = [Listed(m.code, m.name, m.due, m.completed) for m in milestones if m.due]
    entries = [f"- {one.code}: {one.name} (*{one.dates}*)" for one in listed]
    return "\n".join([f"## 3 {TITLE}", "", *entries, "", "## 4 References", ""])


def write_list(milestones: Sequence[Milestone]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([("Id", "Due", "Done"), *((m.code, m.due, m.completed or "") for m in milestones)])
    return text.getvalue()


class File:
    """A file that is replaced."""

    def __init__(self, path: Path, write: Callable[[Sequence[Milestone]], str]) -> None:
        self.path = path
        self._write = write

    def go_away(self) -> None:
        self.path.unlink(missing_ok=True)

    def publish(self, milestones: Sequence[Milestone]) -> None:
        self.path.write_text(self._write(milestones))

    def publish_unreadable(self) -> None:
        self.path.write_bytes(b"%PDF-1.7")


class Address:
    """A server behind an address."""

    def __init__(self) -> None:
        self._content: bytes | None = b""

    def make_client(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if self._content is None:
            raise httpx.ConnectError("nobody there", request=request)
        return httpx.Response(200, content=self._content)

    def go_away(self) -> None:
        self._content = None

    def publish(self, milestones: Sequence[Milestone]) -> None:
        self._content = write_plan(milestones).encode()

    def publish_unreadable(self) -> None:
        self._content = b"<html>Please log in</html>"


class TestPublishedFile(ReadOnlyContract):
    @pytest.fixture
    def far_side(self, tmp_path: Path) -> File:
        return File(tmp_path / "plan.md", write_plan)

    @pytest.fixture
    def make_connector(self, far_side: File) -> MakeConnector:
        return lambda: Published("published", load_mapping("ldm564"), str(far_side.path), now=now)


class TestPublishedAddress(ReadOnlyContract):
    @pytest.fixture
    def far_side(self) -> Address:
        return Address()

    @pytest.fixture
    def make_connector(self, far_side: Address) -> MakeConnector:
        return lambda: Published(
            "published", load_mapping("ldm564"), ADDRESS, now=now, make_client=far_side.make_client
        )


class TestTable(ReadOnlyContract):
    @pytest.fixture
    def far_side(self, tmp_path: Path) -> File:
        return File(tmp_path / "list.csv", write_list)

    @pytest.fixture
    def make_connector(self, far_side: File, tmp_path: Path) -> MakeConnector:
        (tmp_path / "own.toml").write_text(LIST)
        return lambda: Table("list", load_mapping("own.toml", tmp_path), str(far_side.path), now=now)
