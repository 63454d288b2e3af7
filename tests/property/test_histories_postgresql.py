"""A few of the random histories on PostgreSQL, each in a database of its own."""

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from syncsvc.store import Store
from tests.postgresql import Databases
from tests.property.test_histories import Histories


def test_histories_on_postgresql(postgresql: Databases) -> None:
    class OnPostgresql(Histories):
        def open_store(self) -> Store:
            self.url = postgresql.migrated()
            return Store.open(self.url, now=lambda: self.at)

        def teardown(self) -> None:
            super().teardown()
            if hasattr(self, "url"):
                postgresql.drop(self.url)

    few = settings(settings.get_profile("dev"), max_examples=5, stateful_step_count=20, deadline=None)
    run_state_machine_as_test(OnPostgresql, settings=few)
