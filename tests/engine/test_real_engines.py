"""The real engines on real photos; skipped where those are not at hand."""

import csv
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.engine.base import Embedding, Engine, Pixels, PointLayout
from core.engine.finder import Finding, find_faces
from core.engine.turning import turned
from tests.engine.conftest import read

Edge = Callable[[str], Pixels]
People = dict[str, Pixels]
Found = Callable[[str], Finding]


@pytest.fixture(scope="module")
def known() -> dict[tuple[str, str], Finding]:
    """What was found so far, by engine and photo."""
    return {}


@pytest.fixture
def found(engine: Engine, people: People, known: dict[tuple[str, str], Finding]) -> Found:
    """Finds the faces of a person's photo, once for all tests."""

    def find(name: str) -> Finding:
        key = engine.info.engine_id, name
        if key not in known:
            known[key] = find_faces(engine, people[name])
        return known[key]

    return find


def roll_deg(finding: Finding) -> float:
    across, down = finding.faces[0].eyes_xy[1] - finding.faces[0].eyes_xy[0]
    return float(np.degrees(np.arctan2(down, across)))


def test_every_person_is_found_upright_and_mostly_in_one_pass(people: People, found: Found) -> None:
    findings = {name: found(name) for name in people}
    assert len(findings) == 62
    assert [n for n, f in findings.items() if not f.faces or f.turn_deg] == []
    assert sum(not f.steps for f in findings.values()) >= 45


def test_scores_fit_the_examiners_limits(people: People, found: Found) -> None:
    scores = [found(name).faces[0].score for name in people]
    assert min(scores) >= 0.5 and sorted(scores)[2] >= 0.65 and max(scores) <= 1


def test_points_lie_left_to_right_inside_the_face(people: People, found: Found) -> None:
    for name in people:
        face = found(name).faces[0]
        x = face.points_xy[:, 0]
        if face.layout is PointLayout.CORNERS:
            assert np.all(np.diff(x[:4]) > 0), name
        (left, right), nose = face.eyes_xy, face.points_xy[4 if face.mouth_xy is None else 2]
        assert left[0] < right[0] and nose[1] > max(left[1], right[1]), name
        box = face.box_xyxy
        assert np.all(face.points_xy > box[:2] - 10) and np.all(face.points_xy < box[2:] + 10), name


def test_same_person_is_nearer_than_others(engine: Engine, found: Found, shared: Path) -> None:
    with (shared / "photos" / "pairs.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    names = {row[key] for row in rows for key in ("file_x", "file_y")}
    embeddings: dict[str, Embedding] = {}
    for name in names:
        finding = found(name)
        embeddings[name] = engine.embed(finding.pixels_bgr, finding.faces[0])
        assert np.linalg.norm(embeddings[name].vector) == pytest.approx(1, abs=1e-5)
    cosines: dict[str, list[float]] = {"Yes": [], "No": []}
    for row in rows:
        cosine = embeddings[row["file_x"]].cosine(embeddings[row["file_y"]])
        cosines[row["Decision"].strip()].append(cosine)
    same, different = np.array(cosines["Yes"]), np.array(cosines["No"])
    assert (len(same), len(different)) == (38, 262)
    assert np.mean(same[:, None] > different) >= 0.999
    assert {engine.info.band(c) for c in same} == {"same"}
    assert "same" not in {engine.info.band(c) for c in different}


@pytest.mark.parametrize("clockwise", [90, 180, 270])
def test_turned_photos_are_put_upright(
    engine: Engine, people: People, found: Found, clockwise: int
) -> None:
    for name in sorted(people)[::8]:
        before = found(name)
        finding = find_faces(engine, turned(people[name], clockwise))
        assert finding.turn_deg == 360 - clockwise, name
        assert finding.steps[0] == f"turned_{360 - clockwise}", name
        same = engine.embed(finding.pixels_bgr, finding.faces[0]).cosine(
            engine.embed(before.pixels_bgr, before.faces[0])
        )
        assert same > engine.info.same_cosine, name


@pytest.mark.parametrize(
    ("name", "turn"), [("rot_0", 0), ("rot_90", 270), ("rot_180", 180), ("rot_270", 90)]
)
def test_the_turned_portrait(engine: Engine, edge: Edge, name: str, turn: int) -> None:
    finding = find_faces(engine, edge(f"rotate/{name}.jpg"))
    assert (finding.turn_deg, len(finding.faces)) == (turn, 1)
    assert abs(roll_deg(finding)) < 10


@pytest.mark.parametrize("margin", [0.3, 0.1, 0.0])
@pytest.mark.parametrize("size", [None, 120])
def test_tight_crops_are_found(
    engine: Engine, people: People, found: Found, margin: float, size: int | None
) -> None:
    for name in sorted(people)[::6]:
        whole = people[name]
        face = found(name).faces[0]
        reach = margin + (0.25 if face.layout is PointLayout.CORNERS else 0)  # HOG boxes are small
        width, height = face.size_wh
        grown = face.box_xyxy + np.array([-width, -height, width, height]) * reach
        left, top, right, bottom = np.maximum(grown, 0).astype(int)
        crop = whole[top:bottom, left:right]
        if size:
            factor = size / max(crop.shape[:2])
            crop = cv2.resize(crop, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        finding = find_faces(engine, crop)
        assert finding.faces and finding.turn_deg == 0, name
        assert finding.faces[0].size_wh[0] > 0.3 * crop.shape[1], name


def test_a_face_cut_off_on_all_sides_needs_a_border(
    get_engine: Callable[[str], Engine], people: People
) -> None:
    scrfd, dlib = get_engine("insightface"), get_engine("dlib")
    steps = []
    for name in sorted(people)[::6]:
        face = find_faces(scrfd, people[name]).faces[0]
        width, height = face.size_wh
        inner = face.box_xyxy + np.array([width, height, -width, -height]) * 0.2
        left, top, right, bottom = np.maximum(inner, 0).astype(int)
        steps.append(find_faces(dlib, people[name][top:bottom, left:right]).steps)
    assert sum("padded" in taken for taken in steps) > len(steps) / 2


@pytest.mark.parametrize(
    ("name", "backend", "fewest", "most"),
    [
        ("people/couple.jpg", "all", 2, 2),
        ("people/selfie-many-people.jpg", "all", 4, 7),
        ("edge/other/crowd.jpg", "insightface", 60, 200),
        ("edge/other/crowd.jpg", "opencv", 60, 200),
        ("edge/other/crowd.jpg", "dlib", 4, 60),
        ("edge/other/no_face.png", "all", 0, 0),
    ],
)
def test_groups_are_counted(
    engine: Engine, shared: Path, name: str, backend: str, fewest: int, most: int
) -> None:
    if backend not in ("all", engine.info.name):
        pytest.skip(f"a row for {backend}")
    faces = find_faces(engine, read(shared / "photos" / name)).faces
    assert fewest <= len(faces) <= most
    assert [f.area for f in faces] == sorted((f.area for f in faces), reverse=True)


@pytest.mark.parametrize("name", ["left_wryneck.png", "right_wryneck.png"])
@pytest.mark.parametrize("backend", ["insightface", "opencv"])
def test_a_tilted_head_is_not_a_turned_photo(
    get_engine: Callable[[str], Engine], edge: Edge, name: str, backend: str
) -> None:
    assert find_faces(get_engine(backend), edge(f"pose/{name}")).turn_deg == 0


def test_four_threads_get_the_same_answers(engine: Engine, people: People) -> None:
    def work(name: str) -> tuple[list[list[float]], list[float]]:
        finding = find_faces(engine, people[name])
        vector = engine.embed(finding.pixels_bgr, finding.faces[0]).vector
        return [f.box_xyxy.tolist() for f in finding.faces], vector.tolist()

    names = sorted(people)[:6] * 2
    alone = {name: work(name) for name in set(names)}
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(work, names))
    for name, (boxes, vector) in zip(names, together, strict=True):
        assert boxes == alone[name][0]
        assert np.allclose(vector, alone[name][1], atol=1e-5)


def test_a_face_outside_the_photo_does_not_raise(engine: Engine, people: People) -> None:
    face = find_faces(engine, people["img1.jpg"]).faces[0].mapped(1.0, (-400, -400))
    assert engine.embed(people["img1.jpg"][:300, :300], face).vector.shape == (
        engine.info.dimension,
    )
