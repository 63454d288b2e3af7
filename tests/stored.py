"""What stands in a store that nothing but tests asks for."""

from sqlalchemy import select

from syncsvc.store import Store, tables


def issue_ids(store: Store) -> dict[str, str]:
    """Jira key -> issue id as last seen, keys an issue had before it moved included."""
    with store._reading() as connection:
        rows = connection.execute(select(tables.issue.c.key, tables.issue.c.issue_id))
        return {key: issue_id for key, issue_id in rows}
