"""Unit files of systemd: the service that stays, or a timer with a night of its own. Pure.

They may do what a sync needs and nothing else: write into the folders of the site, talk by IP, and read the rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from pathlib import PurePosixPath
from typing import Final

SERVE: Final = "syncsvc.service"
NIGHT: Final = "syncsvc-night.service"
TIMER: Final = "syncsvc-night.timer"
_HARDENED: Final = """\
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
{home}
{writes}
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
UMask=0027
"""
_HEAD: Final = """\
[Unit]
Description=syncsvc: {what}
After=network-online.target
Wants=network-online.target

[Service]
{kind}User={user}
WorkingDirectory={folder}
Environment={config}
EnvironmentFile={environment_file}
ExecStart={program} {command}
"""
_HOMES: Final = (PurePosixPath("/home"), PurePosixPath("/root"))


@dataclass(frozen=True, slots=True)
class Place:
    """Where syncsvc is and what it may write. `environment_file` holds the secrets, one NAME=value a line."""

    config: PurePosixPath
    program: PurePosixPath
    writes: Sequence[PurePosixPath]
    at: time
    zone: str
    user: str = "syncsvc"
    environment_file: str = "/etc/syncsvc/token"


def unit_files(place: Place) -> Mapping[str, str]:
    """File name -> its text: use the first, or the two others."""
    folders = " ".join(_word(each) for each in place.writes)
    in_home = any(_is_below(place, home) for home in _HOMES)
    hardened = _HARDENED.format(
        home="ProtectHome=read-only" if in_home else "ProtectHome=yes", writes=f"ReadWritePaths={folders}"
    )
    common = {
        "user": _plain(place.user),
        "folder": _plain(place.config.parent),
        "config": _word(f"SYNCSVC_CONFIG={place.config}"),
        "environment_file": _plain(place.environment_file),
        "program": _word(place.program).replace("$", "$$"),
    }
    serve = _HEAD.format(what="milestones of P6 and Jira, every night", kind="", command="serve", **common)
    serve += "Restart=on-failure\nRestartSec=30\nRestartPreventExitStatus=2 8\nTimeoutStopSec=300\n"
    night = _HEAD.format(what="one night", kind="Type=oneshot\n", command="sync --nightly", **common)
    night += "SuccessExitStatus=4\nRestart=on-failure\nRestartSec=16min\nRestartPreventExitStatus=1 2 5 6 8\n"
    return {
        SERVE: f"{serve}{hardened}\n[Install]\nWantedBy=multi-user.target\n",
        TIMER: (
            f"[Unit]\nDescription=syncsvc: the night\n\n[Timer]\nOnCalendar=*-*-* {place.at:%H:%M:%S} {place.zone}\n"
            "Persistent=yes\n\n[Install]\nWantedBy=timers.target\n"
        ),
        NIGHT: f"{night}{hardened}",
    }


def _is_below(place: Place, folder: PurePosixPath) -> bool:
    return any(folder in (path, *path.parents) for path in (place.config, place.program, *place.writes))


def _plain(text: object) -> str:
    """A whole setting: nothing is special in it but the sign of systemd's own names."""
    return str(text).replace("%", "%%")


def _word(text: object) -> str:
    """One of several words: in quotes where it would fall apart."""
    word = _plain(text)
    if not any(character in word for character in " \t\"'\\"):
        return word
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
