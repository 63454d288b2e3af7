"""What was said of the nights, and whether it arrived.

A message is kept before it is sent, that of a night together with how the night ended. Who sends it takes its delivery
by a conditional UPDATE that counts the try, so that of two services one sends; what a killed one had taken is free
again after some minutes.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Row, func, insert, select, update

from syncsvc.notice import Message, Notice, Occasion, Said
from syncsvc.store import tables
from syncsvc.store.codec import pack, unpack
from syncsvc.store.engine import Database

WAITING: Final = "waiting"
SENT: Final = "sent"
GIVEN_UP: Final = "given_up"
#: Longer than any way to tell takes to answer.
_HELD: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message that is to be sent now on one way, for the `tries`th time. It was made at `at`."""

    notice: int
    channel: str
    tries: int
    message: Message
    at: datetime


@dataclass(frozen=True, slots=True)
class Restated:
    """An export of a month of which there was one already."""

    period: str
    kind: str
    edition: int


class NoticeStore(Database):
    """Messages and their deliveries."""

    def keep_notice(
        self, night: date, run: int | None, occasion: Occasion, about: str, message: Message, channels: Collection[str]
    ) -> int:
        """Keep a message that is to go out on these ways, from now on; its number."""
        with self._writing() as connection:
            notice = Notice(night, run, occasion, about, message, tuple(channels))
            return add_notice(connection, self._now(), notice)

    def last_told_night(self) -> date | None:
        """The last night that a message was made about."""
        with self._reading() as connection:
            return connection.execute(select(func.max(tables.notice.c.night))).scalar()

    def said(self) -> list[Said]:
        """What was said since all was well, oldest first, beginning with the last OVER."""
        kept = tables.notice.c
        last_over = select(func.coalesce(func.max(kept.id), 0)).where(kept.occasion == Occasion.OVER.value)
        query = select(kept.at, kept.night, kept.occasion, kept.about).order_by(kept.id)
        query = query.where(kept.id >= last_over.scalar_subquery(), kept.about != "")
        with self._reading() as connection:
            return [Said(at, night, Occasion(why), about) for at, night, why, about in connection.execute(query)]

    def take_delivery(self) -> Delivery | None:
        """The oldest message whose time has come, now ours to send; None where there is none."""
        held, at = tables.delivery.c, self._now()
        query = (
            select(tables.delivery, tables.notice.c.body, tables.notice.c.at)
            .join(tables.notice, tables.notice.c.id == held.notice)
            .where(held.state == WAITING, held.next_at <= at)
            .order_by(held.notice, held.channel)
            .limit(1)
        )
        while True:
            with self._reading() as connection:
                row = connection.execute(query).one_or_none()
            if row is None:
                return None
            taking = (
                update(tables.delivery)
                .where(held.notice == row.notice, held.channel == row.channel)
                .where(held.state == WAITING, held.tries == row.tries)
                .values(tries=row.tries + 1, next_at=at + _HELD)
            )
            with self._writing() as connection:
                if connection.execute(taking).rowcount == 1:
                    return Delivery(row.notice, row.channel, row.tries + 1, _message(row), row.at)

    def end_delivery(self, delivery: Delivery, detail: str, *, sent: bool, again_at: datetime | None = None) -> None:
        """Note what a try came to. Not sent and not to be tried again: it is given up."""
        state = SENT if sent else GIVEN_UP if again_at is None else WAITING
        held = tables.delivery.c
        ending = (
            update(tables.delivery)
            .where(held.notice == delivery.notice, held.channel == delivery.channel, held.tries == delivery.tries)
            .values(state=state, detail=detail, next_at=again_at or self._now())
        )
        with self._writing() as connection:
            connection.execute(ending)

    def deliveries(self, since: datetime | None = None) -> dict[str, int]:
        """How many messages are waiting, sent and given up, of those made since then."""
        query = select(tables.delivery.c.state, func.count()).group_by(tables.delivery.c.state)
        if since is not None:
            query = query.join(tables.notice, tables.notice.c.id == tables.delivery.c.notice)
            query = query.where(tables.notice.c.at >= since)
        with self._reading() as connection:
            counted = {str(state): int(number) for state, number in connection.execute(query)}
        return {state: counted.get(state, 0) for state in (WAITING, SENT, GIVEN_UP)}

    def restated_in(self, run: int) -> list[Restated]:
        """Exports that a run kept of months of which there was one already."""
        kept = tables.snapshot.c
        query = select(kept.period, kept.kind, kept.edition).order_by(kept.id)
        query = query.where(kept.run == run, kept.edition > 1)
        with self._reading() as connection:
            return [Restated(period or "", kind or "", edition) for period, kind, edition in connection.execute(query)]


def add_notice(connection: Connection, at: datetime, notice: Notice) -> int:
    """Keep a message within a transaction that is open; its number."""
    message = notice.message
    plain = {"subject": message.subject, "text": message.text, "html": message.html, "facts": dict(message.facts)}
    row = {
        **{"at": at, "night": notice.night, "run": notice.run, "occasion": notice.occasion.value},
        **{"about": notice.about, "body": pack(plain)},
    }
    number = int(connection.execute(insert(tables.notice).returning(tables.notice.c.id), row).scalar_one())
    rows = [
        {"notice": number, "channel": channel, "state": WAITING, "tries": 0, "next_at": at}
        for channel in notice.channels
    ]
    if rows:
        connection.execute(insert(tables.delivery), rows)
    return number


def _message(row: "Row[tuple[object, ...]]") -> Message:
    return Message(**unpack(row.body))
