"""The models' half of the walk: bytes to photo, faces, quality report, embedding."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property, partial

from core.assessment import Look, Sight, Stopwatch
from core.beside import Beside
from core.contract.fields import Level
from core.engine.base import Engine, Face
from core.engine.finder import find_faces
from core.engine.level import levelled
from core.engine.quality_models import QualitySlot
from core.engine.slot import EngineSlot
from core.errors import NoFace, ParameterError
from core.finer import FinerCopy
from core.fiqa.examine import examine
from core.fiqa.finding import seems_below
from core.fiqa.measures import Measurer, measurers_of
from core.fiqa.networks import network_measurers
from core.fiqa.policy import Policy
from core.fiqa.report import Measure, Report, require_level
from core.imaging.draw import crop_and_thumb
from core.imaging.photo import Limits, Photo
from core.imaging.read import read_photo, turned
from core.settings import Settings


class Vision:
    """Looks at photos; knows nothing of identities.

    Args:
        settings: limits of photos.
        engine: the face engine, perhaps still loading.
        policy: quality limits.
        quality: optional networks that see quality; none unless given.
    """

    def __init__(
        self,
        settings: Settings,
        engine: EngineSlot,
        policy: Policy,
        quality: QualitySlot | None = None,
    ) -> None:
        self.limits = Limits(
            int(settings.max_image_mb * 1e6),
            int(settings.max_pixels_mp * 1e6),
            settings.max_side_px,
        )
        self.policy = policy
        self.engine_slot = engine
        self.quality_slot = quality or QualitySlot()
        # Decoding lets go of the interpreter's lock: the caller goes on beside it.
        self._beside = ThreadPoolExecutor(settings.workers + 1, "photo")

    def start(self) -> None:
        """Begin to load the models in the background."""
        self.engine_slot.start()
        self.quality_slot.start()

    @cached_property
    def measurers(self) -> tuple[tuple[Measurer, ...], tuple[Measurer, ...]]:
        """Everything that measures quality, without and by networks, waited for while it loads.

        Raises NotReady.
        """
        networks = network_measurers(self.quality_slot.get())
        return measurers_of(self.engine.info.name), networks

    @property
    def engine(self) -> Engine:
        """The engine, waited for while it loads. Raises NotReady."""
        return self.engine_slot.get()

    @contextmanager
    def reading(self, data: Callable[[], bytes]) -> Iterator[Future[Photo]]:
        """A photo that is read in another thread while the block runs; ``look`` waits for it.

        Its result raises what ``data`` raises, ImageError, ImageTooLarge, NoFace.
        """
        photo = self._beside.submit(lambda: read_photo(data(), self.limits))
        try:
            yield photo
        finally:
            photo.cancel()  # of a request that was refused meanwhile, unless it runs already

    def detect(
        self,
        data: bytes | Future[Photo],
        watch: Stopwatch,
        unsure: Callable[[Photo, tuple[Face, ...]], None] = lambda photo, faces: None,
    ) -> tuple[Photo, tuple[Face, ...], tuple[str, ...]]:
        """The photo, upright, its faces, largest first (perhaps none), and the steps it took.

        Faces are in pixels of the working copy. ``unsure`` hears what the first pass found where
        that is not enough. Raises ImageError, ImageTooLarge, NoFace (too small a photo), NotReady.
        """
        with watch.stage("decode"):
            photo = data.result() if isinstance(data, Future) else read_photo(data, self.limits)
        engine = self.engine
        with watch.stage("detect"):
            finding = find_faces(engine, photo.pixels_bgr, partial(unsure, photo))
        if finding.turn_deg:
            with watch.stage("decode"):
                photo = turned(photo, finding.turn_deg)
        return photo, finding.faces, finding.steps

    def see(self, data: bytes | Future[Photo], face_index: int | None, watch: Stopwatch) -> Sight:
        """A photo with the face that counts: the largest unless ``face_index`` says which.

        Raises what ``detect`` raises, NoFace, ParameterError (no such face).
        """
        finer = FinerCopy(self._beside)
        try:
            photo, faces, steps = self.detect(data, watch, finer.begin)
            taken = _chosen(faces, face_index)
            with watch.stage("decode"):
                sight = finer.fine_enough(Sight(photo, faces, taken, steps))
        finally:
            finer.drop()
        with watch.stage("detect"):
            return _levelled(self.engine, sight)

    def judge(
        self,
        sight: Sight,
        watch: Stopwatch,
        between: Callable[[Mapping[str, Measure]], None] = lambda found: None,
    ) -> Report:
        """The quality report of the face that counts; see ``examine`` for ``between``."""
        photo = sight.photo
        measurers, networks = self.measurers
        with watch.stage("fiqa"):
            return examine(
                *(photo.pixels_bgr, photo.scale, sight.faces, sight.taken, self.policy),
                *(measurers, networks, between),
            )

    def look(
        self,
        data: bytes | Future[Photo],
        face_index: int | None = None,
        gate: Level = "no",
        watch: Stopwatch | None = None,
        pictured: bool = False,
    ) -> Look:
        """See, judge and embed; a face below ``gate`` is refused, and none of it kept.

        The embedding is begun beside the quality networks, unless the face seems to be below
        ``gate`` before they have seen it. With ``pictured`` the pictures to store are made beside.
        Raises what ``see`` raises, LowQuality, BadFeature.
        """
        watch = watch or Stopwatch()
        sight = self.see(data, face_index, watch)
        pixels, face = sight.photo.pixels_bgr, sight.face
        pictures = Beside(self._beside, lambda: crop_and_thumb(pixels, face.box_xyxy.tolist()))
        embedding = Beside(self._beside, partial(self.engine.embed, pixels, face))
        if pictured:
            pictures.begin()

        def begin(found: Mapping[str, Measure]) -> None:
            if not seems_below(gate, self.policy, found):
                embedding.begin()

        try:
            report = self.judge(sight, watch, begin)
            require_level(report, gate)
            with watch.stage("embed"):
                embedded = embedding.result()
            with watch.stage("decode"):
                made = _to_store(sight, pictures) if pictured else None
            return Look(sight, report, embedded, watch, made)
        finally:
            embedding.drop()
            pictures.drop()


def _chosen(faces: tuple[Face, ...], face_index: int | None) -> int:
    """Index of the face that counts. Raises NoFace, ParameterError (no such face)."""
    if not faces:
        raise NoFace()
    if face_index is not None and face_index >= len(faces):
        problem = f"is {face_index}, but the photo shows {len(faces)} face(s), counted from 0"
        raise ParameterError(f"face_index {problem}.", fields={"face_index": problem})
    return face_index or 0


def _to_store(sight: Sight, pictures: Beside[tuple[bytes, bytes]]) -> tuple[bytes, bytes]:
    """Crop and thumbnail, once the file to keep is there as well."""
    sight.photo.clean.result()
    return pictures.result()


def _levelled(engine: Engine, sight: Sight) -> Sight:
    """With truer points of the face that counts, when it is tilted."""
    better = levelled(engine, sight.photo.pixels_bgr, sight.face)
    if better is sight.face:
        return sight
    before, after = sight.faces[: sight.taken], sight.faces[sight.taken + 1 :]
    return replace(sight, faces=(*before, better, *after))
