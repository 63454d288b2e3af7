"""Who may use these pages, for admins: sign somebody out, or let them in no more."""

from urllib.parse import unquote

from syncsvc.errors import UsageError
from syncsvc.persons import Role
from syncsvc.report.words import counted
from syncsvc.web.asking import Answer, Ask, Deed, Elsewhere, Page, Shown


def show(ask: Ask) -> Shown:
    """Everybody, with how they sign in and whether they are here now."""
    return Shown("persons", {"persons": ask.desk.store.persons()})


def sign_out(ask: Ask) -> Answer:
    """End the visits of a person."""
    name = unquote(ask.path["name"])
    ended = ask.desk.store.end_visits(name, actor=ask.who.name)
    return Elsewhere("/persons", [f"{counted(ended, 'visit')} of {name} ended."])


def revoke(ask: Ask) -> Answer:
    """Let a person in no more."""
    name = unquote(ask.path["name"])
    if name == ask.who.name:
        raise UsageError("You cannot revoke yourself here.", "Somebody else does, or `syncsvc user revoke` in a shell.")
    ask.desk.store.revoke_person(name, actor=ask.who.name)
    return Elsewhere("/persons", [f"{name} may use these pages no more."])


PAGE = Page("/persons", show, nav="Persons", role=Role.ADMIN)
DEEDS = (
    Deed("/persons/{name}/sign-out", sign_out, role=Role.ADMIN),
    Deed("/persons/{name}/revoke", revoke, role=Role.ADMIN),
)
