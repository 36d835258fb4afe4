"""Alembic's entry: run on the connection, and inside the transaction, that `migrate` opened."""

from __future__ import annotations

from alembic import context

from tradeoms.journal.tables import metadata

context.configure(
    connection=context.config.attributes["link"],
    target_metadata=metadata,
    transactional_ddl=True,
    transaction_per_migration=False,
)
context.run_migrations()
