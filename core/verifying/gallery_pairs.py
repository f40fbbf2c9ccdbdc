"""Pairs for a first look without any file: the registered photos, labelled by whose they are."""

from __future__ import annotations

import itertools

import numpy as np

from core.desk import Desk
from core.health.faces import Faces, current_faces
from core.spreadsheet import csv_file
from core.verifying.batch import PHOTO
from core.verifying.pairs_file import FIRST, LABEL, SECOND, PairRow

MOST_EACH = 5_000
"""Pairs of one person, and of two, at most."""


def gallery_pairs(desk: Desk, seed: int = 0) -> tuple[PairRow, ...]:
    """Pairs of one person, then of two, each in random order; the same ones every time."""
    faces = current_faces(desk)
    random = np.random.default_rng(seed)
    pairs = [*_own(faces, random), *_others(faces, random)]
    return tuple(
        PairRow(line, PHOTO + faces.photo_ids[one], PHOTO + faces.photo_ids[two], same)
        for line, (one, two, same) in enumerate(pairs, 2)
    )


def _own(faces: Faces, random: np.random.Generator) -> list[tuple[int, int, bool]]:
    found: list[tuple[int, int, bool]] = []
    for person in random.permutation(len(faces.people)).tolist():
        rows = faces.rows_of(person)
        own = itertools.combinations(range(rows.start, rows.stop), 2)
        found += [(one, two, True) for one, two in own]
        if len(found) >= MOST_EACH:
            break
    return found[:MOST_EACH]


def _others(faces: Faces, random: np.random.Generator) -> list[tuple[int, int, bool]]:
    """Drawn at random where there are too many to take all."""
    count = len(faces)
    owner = np.repeat(np.arange(len(faces.people)), np.diff(faces.starts))
    if count * (count - 1) // 2 <= 4 * MOST_EACH:
        couples = list(itertools.combinations(range(count), 2))
        random.shuffle(couples)
    else:
        drawn = random.integers(count, size=(4 * MOST_EACH, 2))
        couples = [(a, b) for a, b in np.unique(np.sort(drawn), axis=0).tolist()]
        random.shuffle(couples)
    others = [(one, two, False) for one, two in couples if owner[one] != owner[two]]
    return others[:MOST_EACH]


def pairs_csv(rows: tuple[PairRow, ...]) -> bytes:
    """The rows as a file that ``read_pair_rows`` reads."""
    said = {True: "Yes", False: "No", None: ""}
    columns = (FIRST[0], SECOND[0], LABEL[0].capitalize())
    return csv_file(columns, ((row.first, row.second, said[row.same]) for row in rows))
