"""Alembic migrations, inside the package so that a wheel can migrate its own database."""
