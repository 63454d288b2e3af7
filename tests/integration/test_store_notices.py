"""What was said is kept with whether it arrived; of many who would send a message, one does. On both engines."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from threading import Barrier, Thread

from syncsvc.notice import Message, Occasion, Said
from syncsvc.store import Store
from tests.integration.conftest import Clock, Opened

NIGHT = date(2019, 5, 1)
MESSAGE = Message("s", "text", "<p>text</p>", {"night": "2019-05-01", "missed": []})


def test_what_was_said_since_all_was_well(opened: Opened) -> None:
    store, run = opened.store, opened.run
    for occasion, about in (
        (Occasion.TROUBLE, "old"),
        (Occasion.OVER, ""),
        (Occasion.NEWS, ""),
        (Occasion.TROUBLE, "a"),
        (Occasion.STILL, "a"),
    ):
        store.keep_notice(NIGHT, run, occasion, about, MESSAGE, [])
    at = opened.clock.at
    assert store.said() == [Said(at, NIGHT, Occasion.TROUBLE, "a"), Said(at, NIGHT, Occasion.STILL, "a")]
    store.keep_notice(NIGHT, None, Occasion.OVER, "", MESSAGE, [])
    assert store.said() == []


def test_a_message_goes_out_as_it_was_kept_in_order_and_when_its_time_has_come(opened: Opened) -> None:
    store, clock = opened.store, opened.clock
    numbers = [store.keep_notice(NIGHT, opened.run, Occasion.NEWS, "", MESSAGE, ["mail", "board"]) for _ in range(2)]
    taken = [store.take_delivery() for _ in range(5)]
    assert [(each.notice, each.channel, each.tries) for each in taken if each] == [
        (number, channel, 1) for number in numbers for channel in ("board", "mail")
    ]
    first = taken[0]
    assert first is not None
    assert (first.message, first.at) == (MESSAGE, clock.at)
    store.end_delivery(first, "away", sent=False, again_at=clock.at + timedelta(minutes=1))
    assert store.take_delivery() is None
    clock.move(minutes=1)
    again = store.take_delivery()
    assert again is not None
    assert (again.notice, again.channel, again.tries) == (numbers[0], "board", 2)
    store.end_delivery(again, "no", sent=False)
    assert store.deliveries() == {"waiting": 3, "sent": 0, "given_up": 1}
    assert store.deliveries(clock.at + timedelta(days=1)) == {"waiting": 0, "sent": 0, "given_up": 0}


def test_of_several_services_one_sends_each_message(
    opened: Opened, open_store: Callable[[], Store], clock: Clock
) -> None:
    numbers = [opened.store.keep_notice(NIGHT, opened.run, Occasion.NEWS, "", MESSAGE, ["mail"]) for _ in range(30)]
    taken: Counter[int] = Counter()
    start = Barrier(4)

    def send_all(store: Store) -> None:
        start.wait()
        while (delivery := store.take_delivery()) is not None:
            taken[delivery.notice] += 1
            store.end_delivery(delivery, "taken", sent=True)

    threads = [Thread(target=send_all, args=(open_store(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert taken == Counter(numbers)
