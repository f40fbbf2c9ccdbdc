"""The database's versions, one file each; run without an ``alembic.ini``."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection

from core.errors import NotReady

FOLDER = Path(__file__).resolve().parent


def config(connection: Connection | None = None) -> Config:
    """Alembic's settings for this folder, running on the connection given."""
    made = Config()
    made.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def upgrade(connection: Connection) -> None:
    """Bring the database to the newest version, inside the connection's open transaction.

    Raises:
        NotReady: the database was made by a newer FaceDesk.
    """
    try:
        command.upgrade(config(connection), "head")
    except CommandError as error:
        raise NotReady("The database belongs to a newer FaceDesk; update this one.") from error
