"""From a backup to a gallery: checked before it takes its place."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from sqlalchemy.engine import make_url

from core.errors import BadFeature, NotReady, ParameterError
from core.gallery.backup import keys_beside
from core.gallery.bundle import Manifest, file_errors, read_bundle, sync_folder
from core.gallery.keyfile import put_keys, read_keys
from core.gallery.opening import CONTENT, read_vector
from core.gallery.reading import PHOTOS
from core.gallery.records import Actor, AuditEntry
from core.gallery.scratch import sweep, working_folder
from core.gallery.store import Gallery
from core.gallery.vault import Keyring

SIDES = ("", "-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back.

    Attributes:
        manifest: the backup's.
        dropped: how many people of it were left out, as their key is gone: they were erased since.
        aside: where the gallery that was there is kept, or None.
        tokens, accounts: how many came back that let somebody in.
    """

    manifest: Manifest
    dropped: int
    aside: Path | None
    tokens: int = 0
    accounts: int = 0


def database_file(url: str) -> Path:
    """The file of a SQLite URL. Raises ``NotReady`` for any other database."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        raise NotReady(
            "This gallery is not in SQLite: restore it with pg_restore, or restore the backup "
            "into a folder (--into) and then: python -m core copy"
        )
    return Path(parsed.database).resolve()


def restore_backup(
    source: Path,
    target: Path,
    actor: Actor,
    key: bytes | None = None,
    keys: Path | None = None,
    force: bool = False,
    revoke_tokens: bool = False,
) -> Restored:
    """Put a backup's gallery in place, after every check; an older one is migrated.

    Args:
        source: the backup.
        target: the database's file to be; its folder is made.
        actor: who, for the restored gallery's audit.
        key: the master key, for an encrypted backup.
        keys: people's keys; None: beside the backup.
        force: keep a gallery that is there aside; else it is an error.
        revoke_tokens: end every token of the backup: one that was revoked since is valid in it.

    Raises:
        ParameterError: no backup, damaged, or there is a gallery already.
        NotReady: the key is missing or wrong, the backup is of a newer FaceDesk, or the gallery
            that is there is in use; NoSpaceLeft.
    """
    if target.parent.is_dir():
        sweep(target.parent)
    if not force and any(_side(target, end).exists() for end in SIDES):
        raise ParameterError("There is a gallery already; --force keeps it aside.")
    with file_errors():
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with working_folder(target.parent) as folder:
            made = folder / "gallery.db"
            manifest = read_bundle(source, made)
            _check(made, manifest)
            if manifest.master_id:
                _bring_keys(made, keys or keys_beside(source))
            done = _settle(made, manifest, actor, key, revoke_tokens)
            aside = _set_aside(target) if force else None
            made.chmod(0o600)
            made.replace(target)
            sync_folder(target.parent)
    return replace(done, aside=aside)


def _check(file: Path, manifest: Manifest) -> None:
    with closing(sqlite3.connect(file)) as connection:
        try:
            (said,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            lost = connection.execute("PRAGMA foreign_key_check").fetchone()
            (photos,) = connection.execute("SELECT count(*) FROM registered_photo").fetchone()
        except sqlite3.DatabaseError:
            said, lost, photos = "no database", None, -1
    if said != "ok" or lost or photos != manifest.photos:
        raise ParameterError("The backup is damaged: its database does not pass its check.")


def _bring_keys(file: Path, keys: Path) -> None:
    if not keys.exists():
        raise NotReady(
            "This backup is encrypted; its people's keys are missing: name their file with --keys."
        )
    with closing(sqlite3.connect(file)) as connection, connection:
        put_keys(connection, read_keys(keys))


def _settle(
    file: Path, manifest: Manifest, actor: Actor, key: bytes | None, revoke_tokens: bool
) -> Restored:
    """Migrate, check the chain and the key, drop who was erased since, end the tokens."""
    with Gallery.open(f"sqlite:///{file}", 1, 1, key=key) as gallery:
        bad = gallery.verify_chain()
        if bad is not None:
            raise ParameterError(f"The backup is damaged: its audit does not hold from row {bad}.")
        gone = _unreadable(gallery) if manifest.master_id else set()
        for identity_id in gone:
            gallery.erase(identity_id, actor)
        facts = {"taken_at": manifest.taken_at, "sha256": manifest.sha256, "dropped": len(gone)}
        gallery.record(AuditEntry("restore_backup", facts=facts, actor=actor))
        valid = [token.id for token in gallery.tokens() if token.is_valid]
        for token_id in valid if revoke_tokens else ():
            gallery.revoke_token(token_id, actor)
        tokens = 0 if revoke_tokens else len(valid)
        accounts = sum(not account.disabled for account in gallery.accounts())
        gallery.finish_erasing()
    with file.open("rb") as content:
        os.fsync(content.fileno())
    return Restored(manifest, len(gone), None, tokens, accounts)


def _unreadable(gallery: Gallery) -> set[str]:
    """People of whom no photo opens: their key is gone, or is of a later person of the same id."""
    query = CONTENT.order_by(PHOTOS.c.identity_id).execution_options(yield_per=500)
    with gallery.database.read() as session:
        keys = Keyring(session, gallery.vault)
        opens: dict[str, bool] = {}
        for photo in session.execute(query):
            opens.setdefault(photo.identity_id, False)
            with suppress(BadFeature):
                read_vector(keys, photo)
                opens[photo.identity_id] = True
    return {identity_id for identity_id, good in opens.items() if not good}


def _set_aside(target: Path) -> Path | None:
    """Rename the gallery that is there; None when there is none. Raises ``NotReady``: in use."""
    if not any(_side(target, end).exists() for end in SIDES):
        return None
    with closing(sqlite3.connect(target, timeout=0.1)) as connection:
        try:
            # Needs the file for itself alone, and folds the log into it.
            connection.execute("PRAGMA journal_mode=DELETE").fetchone()
        except sqlite3.DatabaseError as error:  # of a broken one: then it is moved as it is
            if "locked" in str(error) or "busy" in str(error):
                raise NotReady("The gallery is in use; stop FaceDesk first.") from None
    now = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S")
    aside = target.with_name(f"{target.name}.before-{now}-{os.urandom(2).hex()}")
    for end in SIDES[1:]:
        if _side(target, end).exists():
            _side(target, end).rename(_side(aside, end))
    try:
        os.link(target, aside)  # so that there is a gallery under its name at every moment
    except OSError:
        target.rename(aside)
    return aside


def _side(file: Path, end: str) -> Path:
    return file.with_name(file.name + end)
