"""What Alembic runs: the revisions, on the connection that it is handed.

The caller owns the transaction, so a migration is done whole or not at all.
"""

from alembic import context

from monitor.store.schema import VERSION_TABLE, metadata


def run() -> None:
    """Run the revisions that the command asked for."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=metadata,
        version_table=VERSION_TABLE,
        compare_type=True,
        # SQLite alters a table by copying it.
        render_as_batch=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
