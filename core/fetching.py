"""Fetching a model pack, and checking the files of all of them: jobs that an admin starts."""

from __future__ import annotations

from collections.abc import Callable

from core.access.roles import require
from core.desk import Desk
from core.engine import backend_dlib, catalogue
from core.engine.catalogue import Pack, find_pack
from core.engine.download import DownloadError, fetch_pack
from core.engine.pack_manifest import Verdict, installed_folders, pack_state, verify_folder
from core.errors import FaceDeskError, NotReady, ParameterError
from core.gallery.records import Actor, AuditEntry
from core.jobs import Job
from core.packs import BUILT_IN, any_models
from core.switching import keep_in_use

DOWNLOAD, CHECK = "models_download", "models_check"
"""Names of the jobs."""


def start_download(
    desk: Desk, name: str, accepted: bool, actor: Actor, mirror: str | None = None
) -> Job:
    """Fetch, verify and install a pack of the catalogue in the background; replaces a damaged one.

    Args:
        accepted: that the licence was accepted; needed where commercial use is not allowed.
        mirror: address of a folder that holds the same files.

    The job's error has ``kind``, ``pack`` and ``reason`` among its details. The engine in use
    stays. Raises Forbidden, ParameterError, VersionConflict.
    """
    pack = find_pack(name, catalogue.PACKS)
    facts = {"pack": name, "licence": pack.licence.name if pack else "", "accepted": accepted}
    entry = AuditEntry("get_models", facts=facts, actor=actor)
    try:
        require(actor.role, "get_models")
        if pack is None:
            raise ParameterError(f"There is no pack named {name}.")
        if not pack.licence.commercial and not accepted:
            raise ParameterError("Accept the licence first.")
        found: Pack = pack
        return desk.jobs.start(DOWNLOAD, lambda job: _download(desk, found, mirror, entry, job))
    except FaceDeskError as error:
        desk.gallery.refuse(entry, error)
        raise


def _download(desk: Desk, pack: Pack, mirror: str | None, entry: AuditEntry, job: Job) -> str:
    size = pack.download_size or 0
    force = pack_state(pack, desk.settings.models) != "no"
    try:
        keep_in_use(desk)
        fetch_pack(
            pack,
            desk.settings.models,
            lambda done, of: job.step(done, of or size),
            mirror=mirror,
            force=force,
        )
    except DownloadError as error:
        failure = NotReady(
            f"{pack.name} was not installed: {error}.",
            kind=error.kind, pack=pack.name, reason=str(error),
        )  # fmt: skip
        desk.gallery.refuse(entry, failure)
        raise failure from error
    desk.gallery.record(entry)
    desk.jobs.forget(CHECK)
    return pack.name


def start_check(desk: Desk) -> Job:
    """Recompute every SHA-256 in the background; the result is a Verdict by name of the pack.

    Raises VersionConflict: it is running.
    """
    models, packs = desk.settings.models, catalogue.PACKS
    folders = [folder for folder in installed_folders(models) if any_models(folder)]
    checks: dict[str, Callable[[], Verdict]] = {BUILT_IN: backend_dlib.verify_files}
    for folder in folders:
        checks[folder.name] = lambda f=folder: verify_folder(f, find_pack(f.name, packs))  # type: ignore[misc]

    def work(job: Job) -> dict[str, Verdict]:
        verdicts = {}
        for number, (name, check) in enumerate(checks.items()):
            job.step(number, len(checks))
            verdicts[name] = check()
        job.step(len(checks), len(checks))
        return verdicts

    return desk.jobs.start(CHECK, work)
