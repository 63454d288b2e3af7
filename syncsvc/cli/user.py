"""`syncsvc user`: who may use the review pages."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncsvc.cli.frame import Context, say
from syncsvc.cli.printing import find_page, format_option, output_option, print_result
from syncsvc.cli.running import wire_context
from syncsvc.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncsvc.persons import Person
    from syncsvc.report.layout import Page


@click.group("user")
def command() -> None:
    """Say who may use the review pages.

    A viewer reads. A controller decides, writes narratives, approves, applies and takes back. An admin also sees who
    may come in, signs people out and revokes them.
    """


@command.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(["viewer", "controller", "admin"]), required=True, help="What they may do.")
@click.option("--no-token", is_flag=True, help="They come through the proxy, which says who they are.")
@click.pass_obj
def add(context: Context, name: str, role: str, no_token: bool) -> None:
    """Let NAME in, and print the token to sign in with: it is shown this once and kept nowhere."""
    from syncsvc.persons import Role, fingerprint, is_name, new_token

    if not is_name(name):
        raise UsageError(
            f"{name[:80]!r} cannot be a name here.", "Use up to 80 letters, digits and . _ @ + - without blanks."
        )
    token = None if no_token else new_token()
    store = wire_context(context).open_store()
    try:
        store.add_person(name, Role(role), token and fingerprint(token), actor=context.actor)
    finally:
        store.close()
    say(f"{name} may use the review pages as {role}.")
    if token is not None:
        say("Their token follows. Give it to them by a safe way: it is not shown again.")
        click.echo(token)


@command.command("list")
@format_option("text", "json")
@output_option
@click.pass_obj
def list_users(context: Context, form: str, output: Path | None) -> None:
    """List who may use the review pages, and who might once."""
    store = wire_context(context).open_store()
    try:
        persons = store.persons()
    finally:
        store.close()
    if form == "json":
        print_result(json.dumps({"schema": "syncsvc.users/1", "users": [_shape(p) for p in persons]}, indent=1) + "\n",
                     output)  # fmt: skip
    elif not persons:
        say("Nobody may use the review pages yet. `syncsvc user add NAME --role controller` lets somebody in.")
    else:
        print_result(_text(persons, find_page(context, output)), output)


@command.command("revoke")
@click.argument("name")
@click.pass_obj
def revoke(context: Context, name: str) -> None:
    """Let NAME in no more; who is signed in by that name is signed out at once."""
    store = wire_context(context).open_store()
    try:
        store.revoke_person(name, actor=context.actor)
    finally:
        store.close()
    say(f"{name} may use the review pages no more.")


def _shape(person: "Person") -> dict[str, object]:
    from syncsvc.shapes import instant

    return {
        "name": person.name,
        "role": person.role.value,
        "signs_in_by": _way(person),
        "open_sessions": person.sessions,
        "added_at": instant(person.added_at),
        "added_by": person.added_by,
        "revoked_at": instant(person.revoked_at) if person.revoked_at else None,
        "revoked_by": person.revoked_by,
    }


def _way(person: "Person") -> str | None:
    if person.revoked_at is not None:
        return None
    return "token" if person.has_token else "proxy"


def _text(persons: "Sequence[Person]", page: "Page") -> str:
    from syncsvc.report.layout import Column

    columns = [
        Column("name"), Column("role"), Column("signs in by"), Column("sessions", right=True),
        Column("added (UTC)"), Column("by"), Column("revoked (UTC)"),
    ]  # fmt: skip
    rows = [
        [
            each.name, each.role.value, _way(each) or "", str(each.sessions or ""),
            f"{each.added_at:%Y-%m-%d %H:%M}", each.added_by,
            f"{each.revoked_at:%Y-%m-%d %H:%M} by {each.revoked_by}" if each.revoked_at else "",
        ]
        for each in persons
    ]  # fmt: skip
    return "\n".join(page.table(columns, rows, indent=0)) + "\n"
