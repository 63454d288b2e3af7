"""What a page is: a path, who may have it, and a function from what is asked to what is shown.

A page knows nothing of HTTP. It gets an `Ask` and gives `Shown` (a template and its values), `Elsewhere` (another page,
after something was done) or `Handed` (a file).
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

from syncsvc.persons import Person, Role
from syncsvc.service import Service
from syncsvc.web.desk import Configured, Desk, Mark

V = TypeVar("V")


@dataclass
class Ask:
    """One request: who asks, for what, with which answers in its form. Texts are as they came: never trust them."""

    desk: Desk
    who: Person
    path: Mapping[str, str] = field(default_factory=dict)  # the parts in braces of the page's path
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    file: bytes | None = None  # what was uploaded
    begun: Callable[[int], None] = lambda run: None  # told the number of each run that this begins
    at: Mark | None = None  # what is looked at; None until then, which is what pages show by then
    is_behind: bool = False  # whether that stood before a change that is still being looked up

    @cached_property
    def configured(self) -> Configured:
        """The configuration as it stands now, the same for the whole request."""
        return self.desk.configured()

    def once(self, name: Hashable, make: Callable[[], V]) -> V:
        """What `make` gives, kept for all requests until the store or the configuration changes."""
        if self.at is None:  # no cached_property, which keeps others waiting while one waits
            self.at, self.is_behind = self.desk.shown()
        return self.desk.once(self.at, name, make)

    def act(self, use: Callable[[Service], V], *, patience_seconds: float | None = None) -> V:
        """What `use` does with the service in the name of who asks, once whoever is at work is done.

        LeaseHeld, with who that is, where it takes longer than the patience of a person.
        """
        return self.desk.act(self.who.name, use, begun=self.begun, patience_seconds=patience_seconds)

    def again(self) -> "Ask":
        """The same request anew: the store is another one now, after something was done."""
        return replace(self, at=None, is_behind=False)

    def may(self, role: Role) -> bool:
        """Whether who asks may do what needs this role."""
        return self.who.role.includes(role)


@dataclass(frozen=True)
class Shown:
    """A template of `syncsvc/web/templates` and what it is given; 409 says that something was not taken."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True)
class Elsewhere:
    """Another page, and what it tells on top, once: how something ended that was done just now."""

    path: str
    told: Sequence[str] = ()


@dataclass(frozen=True)
class Handed:
    """A file to keep, or to look at in the browser where `policy` says what it may do there."""

    content: bytes
    media_type: str
    name: str
    policy: str | None = None


Answer = Shown | Elsewhere | Handed


@dataclass(frozen=True)
class Page:
    """Something to look at. `nav` is its word in the navigation; "" keeps it out of there. `prepare` looks up, once
    after each change, what takes long and is the same for whoever asks.
    """

    path: str
    show: Callable[[Ask], Answer]
    nav: str = ""
    role: Role = Role.VIEWER
    prepare: Callable[[Ask], object] | None = None


@dataclass(frozen=True)
class Deed:
    """Something to do, by a form that carries the token of who does it. `takes_file`: one may be uploaded with it.

    `is_long`: it asks Jira, and may outlast a request. Its answer then waits at `meanwhile`, or the page of its run;
    that of a form which may be shown again, with what was not taken, `is_awaited` for longer.
    """

    path: str
    do: Callable[[Ask], Answer]
    role: Role = Role.CONTROLLER
    takes_file: bool = False
    is_long: bool = False
    is_awaited: bool = False
    meanwhile: str = ""
