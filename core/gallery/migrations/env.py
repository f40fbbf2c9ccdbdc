"""What Alembic runs; the connection and its transaction come from ``database.py``."""

from alembic import context

from core.gallery.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite cannot alter most things in place
)
context.run_migrations()
