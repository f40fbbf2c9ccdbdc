"""What each item is judged by: which measures, read how, in which range."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from core.fiqa.report import Measure

Reading = Literal["native", "size", "score"]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One measure of an item that a policy may limit.

    Attributes:
        item: one of ``ITEMS``.
        measure: name of the measure.
        reading: what is compared: the native value, its size (sign dropped), or the score.
        unit: unit of value and limit.
        worst: worst possible value; with ``best`` the range a limit may lie in.
        best: best possible value.
        ideal: from here on better makes no difference.
    """

    item: str
    measure: str
    reading: Reading
    unit: str
    worst: float
    best: float
    ideal: float

    @property
    def higher_is_better(self) -> bool:
        """Which side of a limit passes."""
        return self.best > self.worst

    @property
    def key(self) -> str:
        """``item.Measure``, its name in a policy."""
        return f"{self.item}.{self.measure}"

    def meets(self, value: float, limit: float) -> bool:
        """Whether a value passes a limit; one exactly at the limit does."""
        return value >= limit if self.higher_is_better else value <= limit

    def read(self, measure: Measure) -> float | None:
        """The value that is compared, or None when the measure has none."""
        if measure.native is None or measure.score < 0:
            return None
        if self.reading == "score":
            return float(measure.score)
        return abs(measure.native) if self.reading == "size" else measure.native


CRITERIA: tuple[Criterion, ...] = (
    Criterion("headpose", "HeadPoseSum", "native", "deg", 360, 0, 15),
    Criterion("headpose", "HeadPoseYaw", "size", "deg", 90, 0, 5),
    Criterion("headpose", "HeadPosePitch", "size", "deg", 180, 0, 10),
    Criterion("headpose", "HeadRaised", "native", "deg", 180, 0, 8),
    Criterion("headpose", "HeadPoseRoll", "size", "deg", 180, 0, 5),
    Criterion("clarity", "FaceSharpness", "score", "", 0, 100, 95),
    Criterion("clarity", "FaceDetail", "native", "px", 0, 112, 100),
    Criterion("clarity", "CompressionArtifacts", "score", "", 0, 100, 80),
    Criterion("face_size", "FaceShortSide", "native", "px", 0, 5000, 224),
    Criterion("face_size", "InterEyeDistance", "native", "px", 0, 2500, 120),
    Criterion("partial", "TemplateOutside", "native", "%", 100, 0, 0),
    Criterion("face_color", "ColourSaturation", "native", "", 0, 100, 10),
    Criterion("face_color", "ColourCast", "native", "", 200, 0, 8),
    Criterion("face_color", "NaturalColour", "score", "", 0, 100, 90),
    Criterion("brightness", "UnderExposurePrevention", "score", "", 0, 100, 98),
    Criterion("brightness", "OverExposurePrevention", "score", "", 0, 100, 90),
    Criterion("brightness", "DynamicRange", "score", "", 0, 100, 80),
    Criterion("brightness", "CheekBalance", "native", "%", 0, 100, 10),
    # Skin tone moves these two: beyond the floor they must not count, not even in the overall.
    Criterion("brightness", "LuminanceMean", "score", "", 0, 100, 25),
    Criterion("brightness", "IlluminationUniformity", "score", "", 0, 100, 25),
    Criterion("mask", "MouthVisible", "native", "", 0, 1, 0.08),
    Criterion("single_face", "SecondFaceArea", "native", "%", 100, 0, 0),
    Criterion("detection", "DetectionScore", "native", "", 0, 1, 0.8),
    Criterion("eyes", "EyeAspect", "native", "", 0, 1, 0.16),
    Criterion("eyes", "EyesOpen", "score", "", 0, 100, 96),
    Criterion("unified", "EDifFIQAQuality", "native", "", 0, 1, 0.7),
    Criterion("unified", "LightQNetQuality", "native", "", 0, 1, 0.6),
)
"""In order of preference: of two that are missed equally, the first one is told."""

SUPERSEDED_BY: Mapping[str, str] = {"LightQNetQuality": "EDifFIQAQuality"}
"""Measures that are listed but not judged where a better one for the same was measured."""
