"""Another engine, or other thresholds, in a running house: kept, audited, in use at once.

What is new is loaded before anything is given up: an engine that cannot be loaded changes nothing.
Photos keep the embeddings they have; those of another engine are counted until ``reembed`` has
computed them anew.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from core.access.roles import require
from core.desk import Desk
from core.engine.base import EngineInfo
from core.engine.choice import Choice, engine_set, read_choice, write_choice
from core.engine.select import installed_packs, limits_set
from core.errors import FaceDeskError, NotReady, ParameterError, VersionConflict
from core.gallery.records import Actor, AuditEntry
from core.house import build_vision
from core.jobs import Job, JobCancelledError
from core.reembedding import reembed

REEMBED = "reembed"
"""Name of the job that re-extracts."""

_one = threading.Lock()


@dataclass(frozen=True, slots=True)
class Option:
    """An engine that can be used: the built-in one (no pack), or an installed pack's."""

    engine: str
    pack: str


def options(desk: Desk) -> tuple[Option, ...]:
    """What can be chosen: the installed packs, best first, then the built-in engine."""
    packs = (Option(pack.kind, pack.name) for pack in installed_packs(desk.settings.models))
    return (*packs, Option("dlib", ""))


def in_use(desk: Desk) -> Option | None:
    """The engine that runs; None while there is none."""
    slot = desk.vision.engine_slot
    if slot.loading or slot.error is not None:
        return None
    info = slot.get().info
    return Option(info.name, "" if info.name == "dlib" else info.pack)


def engine_is_set(desk: Desk) -> bool:
    """Whether FACEDESK_ENGINE or FACEDESK_PACK names the engine, so that no choice counts."""
    return engine_set(desk.settings)


def limits_are_set(desk: Desk) -> bool:
    """Whether FACEDESK_SAME_COSINE or FACEDESK_DIFFERENT_COSINE say the thresholds."""
    return limits_set(desk.settings)


def switch_engine(desk: Desk, option: Option, actor: Actor) -> EngineInfo:
    """Use another engine from now on, and after the next start.

    Raises Forbidden, NotReady (it cannot be loaded, or the environment names one),
    VersionConflict (photos are being re-extracted), NoSpaceLeft; then nothing was changed.
    """
    before = in_use(desk)
    facts = {"engine": option.engine, "pack": option.pack}
    if before is not None:
        facts |= {"engine_before": before.engine, "pack_before": before.pack}
    entry = AuditEntry("switch_engine", facts=facts, actor=actor)
    with _refusals_recorded(desk, entry):
        if engine_is_set(desk):
            raise NotReady(
                "FACEDESK_ENGINE or FACEDESK_PACK names the engine on this server; change it "
                "there and start FaceDesk again."
            )
        if option not in options(desk):
            raise NotReady(f"The model pack {option.pack} is not installed.")
        kept = Choice() if before is None else read_choice(desk.settings.data)
        return _use(desk, replace(kept, engine=option.engine, pack=option.pack), entry)


def set_thresholds(desk: Desk, limits: tuple[float, float] | None, actor: Actor) -> EngineInfo:
    """Other thresholds for the engine in use: same, different; None: its own again.

    Raises Forbidden, ParameterError (the wrong way round), and as ``switch_engine``.
    """
    info = desk.vision.engine.info
    facts: dict[str, object] = {
        "engine_id": info.engine_id,
        "same_before": info.same_cosine,
        "different_before": info.different_cosine,
    }
    if limits:
        facts |= {"same_limit": limits[0], "different_limit": limits[1]}
    entry = AuditEntry("set_thresholds", facts=facts, actor=actor)
    with _refusals_recorded(desk, entry):
        if limits_are_set(desk):
            raise NotReady(
                "FACEDESK_SAME_COSINE or FACEDESK_DIFFERENT_COSINE says the thresholds on this "
                "server; change them there and start FaceDesk again."
            )
        if limits and not -1 <= limits[1] <= limits[0] <= 1:
            raise ParameterError("'Same' must not begin below the end of 'different'.")
        kept = _with_engine(read_choice(desk.settings.data), in_use(desk))
        others = {name: two for name, two in kept.limits.items() if name != info.engine_id}
        if limits:
            others[info.engine_id] = limits
        return _use(desk, replace(kept, limits=others), entry, info.engine_id)


def _with_engine(kept: Choice, option: Option | None) -> Choice:
    """A choice with this engine in it: else ``auto`` might take a newer pack."""
    return replace(kept, engine=option.engine, pack=option.pack) if option else kept


@contextmanager
def _refusals_recorded(desk: Desk, entry: AuditEntry) -> Iterator[None]:
    """One change at a time, by whoever may; a refusal is in the audit."""
    try:
        require(entry.actor.role, entry.action)
        with _one:
            yield
    except FaceDeskError as error:
        desk.gallery.refuse(entry, error)
        raise


def _use(desk: Desk, choice: Choice, entry: AuditEntry, engine_id: str = "") -> EngineInfo:
    """Load, keep, use. ``engine_id``: the engine that has to come out of it, where given."""
    running = desk.jobs.get(REEMBED)
    if running is not None and running.running:
        raise VersionConflict("Photos are being re-extracted; wait until that ends, or cancel it.")
    vision = build_vision(desk.settings, choice)
    info = vision.engine.info
    if engine_id not in ("", info.engine_id):
        raise NotReady("Another engine would be loaded now; start FaceDesk again first.")
    write_choice(desk.settings.data, choice, lambda: desk.gallery.record(entry))
    vision.start()
    desk.use(vision)
    return info


def keep_in_use(desk: Desk) -> None:
    """Write down the engine in use, unless one is set or kept: a new pack must not replace it.

    Raises NotReady, NoSpaceLeft.
    """
    option = in_use(desk)
    if option is None or engine_is_set(desk):
        return
    with _one:
        kept = read_choice(desk.settings.data)
        if not kept.engine:
            write_choice(desk.settings.data, _with_engine(kept, option))


def start_reembedding(desk: Desk, actor: Actor) -> Job:
    """Re-extract every photo of another engine in the background; goes on where it stopped.

    Raises Forbidden, VersionConflict (it is running), NotReady. The audit gets a row when it ends.
    """
    facts = {"engine": desk.vision.engine.info.engine_id}
    entry = AuditEntry("reembed", facts=facts, actor=actor)
    with _refusals_recorded(desk, entry):
        return desk.jobs.start(REEMBED, lambda job: _reembed(desk, job, entry))


def _reembed(desk: Desk, job: Job, entry: AuditEntry) -> object:
    """The job's work; its end is in the audit, and so is what was done until it was stopped."""
    try:
        return reembed(desk, job.step, entry.actor)
    except (FaceDeskError, JobCancelledError):
        done = {"photos": job.done, "of": job.of, "stopped": True}
        desk.gallery.record(replace(entry, facts={**entry.facts, **done}))
        raise
