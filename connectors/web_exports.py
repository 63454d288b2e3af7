"""Exports behind an https address: kept in a folder, and asked for again only where they have changed."""

import hashlib
import json
import os
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from connectors.exports import MAX_EXPORT_BYTES, OWN_PREFIX, absolute
from syncsvc.errors import BadExport, SourceError

if TYPE_CHECKING:
    from connectors.download import MakeClient, SecretHeader, Validators

#: An export may have hundreds of megabytes, and come over a slow line.
DEADLINE_SECONDS: Final = 900.0
_STATE: Final = ".download.json"
_LONGEST_NAME: Final = 120
#: How content begins -> how the name of such a file ends, where it does not say it.
_ENDINGS: Final = (
    (b"\xd0\xcf\x11\xe0", ".xls"),
    (b"PK\x03\x04", ".xlsx"),
    (b"ERMHDR", ".xer"),
    (b"<?xml", ".xml"),
)
_WEB_PAGES: Final = (b"<!doctype html", b"<html")


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was fetched last: the file's name, its sha256, and what the server said of it."""

    name: str
    sha256: str
    validators: "Validators"


class WebExports:
    """One https address and the folder that keeps what it gave. Constructing does no I/O.

    A server may give each month under a name of its own: every file stays, and the folder is read like any other.
    """

    def __init__(
        self,
        url: str,
        folder: Path,
        *,
        secret: "SecretHeader | None" = None,
        max_bytes: int = MAX_EXPORT_BYTES,
        make_client: "MakeClient | None" = None,
    ) -> None:
        self.folder = absolute(folder)
        self._url = url
        self._secret = secret
        self._max_bytes = max_bytes
        self._make_client = make_client

    def fetch(self, endings: Collection[str]) -> None:
        """Bring what the address has now into the folder; whole, or what was there stays. `endings`: of exports.

        Raises SourceError where it cannot be had or kept, BadExport for a web page, nothing, or far too much.
        """
        from connectors import download

        kept = self._find_kept()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            aside = self.folder / f".download.{os.getpid()}.part"
            try:
                with aside.open("wb") as file, (self._make_client or download.make_client)() as client:
                    digest = hashlib.sha256()

                    def take(piece: bytes) -> None:
                        digest.update(piece)
                        file.write(piece)

                    fetched = download.fetch(
                        self._url,
                        client,
                        take,
                        known=kept.validators if kept else None,
                        secret=self._secret,
                        max_bytes=self._max_bytes,
                        deadline_seconds=DEADLINE_SECONDS,
                    )
                    file.flush()
                    os.fsync(file.fileno())
                if fetched.unchanged:
                    return
                name = self._name_for(fetched.name, _look_at(aside, download.shown(self._url)), endings)
                os.replace(aside, self.folder / name)
                self._keep(_Kept(name, digest.hexdigest(), fetched.validators))
            finally:
                aside.unlink(missing_ok=True)
        except OSError as error:
            what = error.strerror or error
            raise SourceError(
                f"{self.folder}: what {download.shown(self._url)} gives cannot be kept: {what}.",
                "See `downloads` in the configuration.",
            ) from None

    def _name_for(self, given: str | None, start: bytes, endings: Collection[str]) -> str:
        """What the file is called here: as the server calls it, else as the address ends; never a way out of here."""
        wanted = given or unquote(PurePosixPath(urlsplit(self._url).path).name)
        name = re.sub(r"[^\w .()+-]", "_", re.split(r"[/\\]", wanted)[-1]).strip(" .")[-_LONGEST_NAME:].lstrip("~ .")
        if name.startswith(OWN_PREFIX) or not name:
            name = f"export-{name}".rstrip("-")
        if PurePosixPath(name).suffix.lower() not in endings:
            name += next((ending for mark, ending in _ENDINGS if start.startswith(mark)), ".csv")
        return name

    def _find_kept(self) -> _Kept | None:
        """What was fetched last from this address, where it still lies in the folder as it came."""
        from connectors.download import Validators

        try:
            state: Any = json.loads((self.folder / _STATE).read_text())
            if state["url"] != _digest(self._url.encode()):
                return None
            kept = _Kept(state["name"], state["sha256"], Validators(state["etag"], state["modified"]))
            with (self.folder / kept.name).open("rb") as file:
                return kept if hashlib.file_digest(file, "sha256").hexdigest() == kept.sha256 else None
        except (OSError, ValueError, KeyError, TypeError):
            return None  # it is fetched whole then

    def _keep(self, kept: _Kept) -> None:
        state = {
            "url": _digest(self._url.encode()),
            "name": kept.name,
            "sha256": kept.sha256,
            "etag": kept.validators.etag,
            "modified": kept.validators.modified,
        }
        aside = self.folder / f"{_STATE}.{os.getpid()}"
        aside.write_text(json.dumps(state))
        os.replace(aside, self.folder / _STATE)


def _look_at(path: Path, source: str) -> bytes:
    """How the content begins. Raises BadExport for nothing, and for a web page: what lies there is better."""
    with path.open("rb") as file:
        start = file.read(512)
    if not start.strip():
        raise BadExport(f"{source}: answers with an empty file.")
    if start.lstrip(b"\xef\xbb\xbf \r\n\t").lower().startswith(_WEB_PAGES):
        raise BadExport(
            f"{source}: answers with a web page, not with an export.",
            "Is it a login page? Name the address of the file itself, and see header_env in the configuration.",
        )
    return start


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
