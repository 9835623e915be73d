"""The store: what people and programs read. SQLAlchemy Core tables, Alembic migrations, whole-or-nothing publishing."""
