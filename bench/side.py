"""The side-by-side: a full update_image against other programs and against the floor.

Ours is everything: decode, detect, quality report, embed, checks against 10,000 faces, durable
commit, audit. Theirs is less, and the table says what.
"""

from __future__ import annotations

import base64
import json
import math
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench import rivals
from bench.gallery import OTHERS, fill
from bench.http import Client, served, sink
from bench.material import LITE, engine_settings
from bench.rounds import WARM_UP, Ratio, Spent, Work, interleave, ratio, wall_ms
from bench.scenes import CLOSE, Scene, make_scenes, make_small
from bench.update import caller
from core.desk import Desk
from core.house import build_desk
from core.settings import Settings

FLOOR, HTTP = 1.10, 1.15
TWICE, TWENTY = 2.0, 20.0
OURS = "update_image"
SLOW_SHARE = 5
"""Of the rounds, one in so many for what takes seconds."""

LITE_NAME = "insightface-lite"


@dataclass(frozen=True, slots=True)
class Rival:
    """One opponent: what it does, and the target; ``faster``: ours must be so many times faster.

    Without ``target`` it is shown only.
    """

    name: str
    work: Work
    target: float | None = None
    faster: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison, measured."""

    engine: str
    scene: str
    rival: Rival
    ours: list[Spent]
    theirs: list[Spent]

    @property
    def ratio(self) -> Ratio:
        """Theirs over ours for another program, ours over theirs for the floor."""
        pair = (self.theirs, self.ours) if self.rival.faster else (self.ours, self.theirs)
        return ratio(*pair)

    @property
    def verdict(self) -> str:
        """The target, and whether it is met."""
        target = self.rival.target
        if target is None:
            return "–"
        met = self.ratio.wall >= target if self.rival.faster else self.ratio.wall <= target
        sign = "≥" if self.rival.faster else "≤"
        return f"{sign} {target:g} {'met' if met else '**missed**'}"


def report(rounds: int, draw: Callable[[list[Row]], None] | None = None) -> list[str]:
    """The table; ``draw`` makes a picture of its rows."""
    rows = measure(rounds)
    if draw is not None:
        draw(rows)
    return tabulate(rows, rounds)


def measure(rounds: int) -> list[Row]:
    """All rows, each photo with all its rivals in one interleaved run."""
    scenes, rows = make_scenes(), []
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, settings) in enumerate(engine_settings(Path(folder))):
            place = Path(folder) / str(number)
            own = settings.model_copy(update={"data": place})
            desk = build_desk(own)
            fill(desk, make_small())
            for scene in scenes if name == LITE_NAME else scenes[:1]:
                text = base64.b64encode(scene.data).decode("ascii")
                call = caller(desk, text, identity_id=scene.name)
                others = [*_floors(desk, scene, place), *_rivals(name, own, scene)]
                rows += _raced(name, scene, call, others, rounds)
                if name == LITE_NAME and scene is scenes[0]:
                    rows.append(_over_http(own, scene, text, call, rounds))
    return rows


def _floors(desk: Desk, scene: Scene, place: Path) -> Iterator[Rival]:
    if scene.turned:
        return  # by hand it would be stored as it lies
    for tuned, name in ((False, "floor"), (True, "floor, SQLite tuned as ours")):
        file = place / f"{scene.name}-{tuned}.db"
        target = None if tuned else FLOOR
        yield Rival(name, rivals.floor(desk, scene.data, file, tuned), target, faster=False)


def _rivals(name: str, settings: Settings, scene: Scene) -> Iterator[Rival]:
    if name == LITE_NAME:
        close = scene.name == CLOSE
        for modules in (None, ["detection", "recognition"]) if close else (None,):
            get = rivals.face_analysis(LITE, settings.thread_count, modules)
            title = "decode + FaceAnalysis.get" + (", det. + rec. only" if modules else "")
            target = TWICE if modules is None and close else None
            yield Rival(title, lambda get=get: get(scene.data), target)  # type: ignore[misc]
    if name == "dlib":
        encode = rivals.face_recognition()
        yield Rival("face_recognition", lambda: encode(scene.data), TWENTY)


def _raced(name: str, scene: Scene, call: Work, others: list[Rival], rounds: int) -> Iterator[Row]:
    """Those of comparable speed share the rounds; what takes seconds gets fewer of its own."""
    slow = [rival for rival in others if rival.name == "face_recognition"]
    for group, count, warm_up in (
        ([rival for rival in others if rival not in slow], rounds, WARM_UP),
        (slow, max(3, rounds // SLOW_SHARE), 1),
    ):
        if group:
            times = interleave({OURS: call} | {r.name: r.work for r in group}, count, warm_up)
            yield from (Row(name, scene.name, r, times[OURS], times[r.name]) for r in group)


def _over_http(settings: Settings, scene: Scene, text: str, call: Work, rounds: int) -> Row:
    """A real server on a gallery like ours, against the function plus the bare transfer.

    Both callers write their JSON: that is neither the function's work nor the server's.
    """
    body = {"identity_id": "h", "register_image": text, "fiqa_level": "low"}
    with tempfile.TemporaryDirectory() as folder:
        # Made anew: a copy would remember the other database's address.
        own = Settings(**settings.model_dump() | {"data": Path(folder)})
        desk = build_desk(own)
        fill(desk, make_small())
        desk.gallery.database.close()
        with (
            served(own) as server,
            sink() as nothing,
            Client(server.address) as post,
            Client(nothing) as transfer,
        ):
            state = post.call("createidentity", body)

            def over_http() -> None:
                photo_id = state["identity"]["reg_pic_ids"][0]
                state.update(post.call("updateimage", body | {"register_image_id": photo_id}))

            work = {
                "http": over_http,
                "function": call,
                "transfer": lambda: transfer.send(json.dumps(body).encode()),
            }
            times = interleave(work, rounds)
    both = [
        Spent(a.wall_ms + b.wall_ms, a.cpu_ms + b.cpu_ms)
        for a, b in zip(times["function"], times["transfer"], strict=True)
    ]
    # The server's CPU time is another process's: no ratio of it.
    here = [Spent(spent.wall_ms, float("nan")) for spent in times["http"]]
    rival = Rival("over HTTP, to function + transfer", call, HTTP, faster=False)
    return Row(LITE_NAME, scene.name, rival, here, both)


def tabulate(rows: list[Row], rounds: int) -> list[str]:
    """The table in Markdown."""
    lines = [
        f"### Side by side, {rounds} interleaved rounds",
        "",
        f"Ours is a full `update_image`: decode, detect, quality report, embed, checks against "
        f"{OTHERS:,} faces, durable commit, audit.",
        "",
        "| engine | photo | against | ours ms | other ms | ratio (quartiles) | CPU | target |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        found = row.ratio
        what = "other / ours" if row.rival.faster else "ours / other"
        cpu = "–" if math.isnan(found.cpu) else f"{found.cpu:.2f}"
        lines.append(
            f"| {row.engine} | {row.scene} | {row.rival.name} | {wall_ms(row.ours):.0f} "
            f"| {wall_ms(row.theirs):.0f} | {what} {found} | {cpu} | {row.verdict} |"
        )
    return [*lines, "", rivals.DEEPFACE]
