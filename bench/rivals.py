"""What others do with the same photo on the same networks, each by its own code."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from core.desk import Desk
from core.engine.finder import find_faces
from core.engine.level import levelled
from core.fiqa.networks import network_measurers
from core.fiqa.view import look as view_of
from core.imaging.read import reduction_for

Rival = Callable[[bytes], object]

REDUCED = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}
AS_IT_COMES = ("journal_mode=WAL", "synchronous=FULL")
TUNED = ("page_size=16384", "cache_size=-16384", *AS_IT_COMES)
DEEPFACE = "deepface is not in the table: it runs no network without downloading its weights first."


def face_analysis(folder: Path, threads: int, modules: list[str] | None = None) -> Rival:
    """Decode and ``FaceAnalysis.get`` with insightface's defaults, in as many threads as ours."""
    from insightface.app import FaceAnalysis
    from onnxruntime import SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = threads
    app = FaceAnalysis(
        name=str(folder),
        allowed_modules=modules,
        providers=["CPUExecutionProvider"],
        sess_options=options,
    )
    app.prepare(ctx_id=-1)

    def get(data: bytes) -> object:
        faces = app.get(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR))
        return [face.normed_embedding for face in faces]

    return get


def face_recognition() -> Rival:
    """Load, locate and encode as the face_recognition package (1.3.0) does with its defaults.

    Its own calls of dlib, from its ``api.py``: the package itself cannot be required here, for it
    wants dlib built from source. On the same photo the package gives the same numbers.
    """
    import dlib
    import face_recognition_models as models

    detector = dlib.get_frontal_face_detector()
    points = dlib.shape_predictor(models.pose_predictor_five_point_model_location())
    encoder = dlib.face_recognition_model_v1(models.face_recognition_model_location())

    def encode(data: bytes) -> list[Any]:
        pixels = np.array(Image.open(io.BytesIO(data)).convert("RGB"))
        height, width = pixels.shape[:2]
        found = []
        for face in detector(pixels, 1):
            box = dlib.rectangle(
                max(face.left(), 0),
                max(face.top(), 0),
                min(face.right(), width),
                min(face.bottom(), height),
            )
            landmarks = points(pixels, box)
            found.append(np.array(encoder.compute_face_descriptor(pixels, landmarks, 1)))
        return found

    return encode


def floor(desk: Desk, data: bytes, file: Path, tuned: bool) -> Callable[[], None]:
    """By hand: scaled decode, the networks that ours runs, one durable commit.

    Args:
        desk: whose engine and quality networks.
        data: the photo; which passes and which decodings it needs, and where its face is, is found
            out here, once.
        file: a database of its own, with one table.
        tuned: with the gallery's own options of SQLite, which halve the cost of a large row;
            else with WAL and FULL alone.
    """
    engine = desk.vision.engine
    sight = desk.vision.look(data).sight
    photo, sides = sight.photo, engine.info.scales[: 2 if sight.steps else 1]
    first, last = reduction_for(photo.source_wh), photo.reduction
    view = view_of(photo.pixels_bgr, photo.scale, sight.faces, sight.taken)
    networks = network_measurers(desk.vision.quality_slot.get())
    database = sqlite3.connect(file, isolation_level=None)
    for pragma in TUNED if tuned else AS_IT_COMES:
        database.execute(f"PRAGMA {pragma}")
    database.execute("CREATE TABLE t (jpeg BLOB)")

    def decode(reduction: int) -> Any:
        return cv2.imdecode(np.frombuffer(data, np.uint8), REDUCED[reduction])

    found = find_faces(engine, photo.pixels_bgr).faces[sight.taken]

    def work() -> None:
        pixels = decode(first)
        for side in sides:
            engine.detect(pixels, side)
        if last != first:
            pixels = decode(last)
        levelled(engine, pixels, found)
        for measure in networks:
            measure(view)
        engine.embed(pixels, sight.face)
        database.execute("INSERT INTO t VALUES (?)", (data,))

    return work
