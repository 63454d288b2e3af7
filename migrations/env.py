"""How Alembic gets its connection: syncsvc.store.migrate hands it over, inside a transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
