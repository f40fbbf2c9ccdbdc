"""The questions to the search's table: exact, and by its index; and what the index is worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.gallery.embeddings import from_bytes
from core.gallery.rows import Hit, best_of_each, ranked, units_of
from core.gallery.search_table import name_of
from core.gallery.tables import EmbeddingRow

HALF_ERROR = 1.1e-3
"""More than a dot product of unit vectors can be off in half precision: two roundings by 2^-11
relative each (their sum is at most that by Cauchy and Schwarz), and the adding up in float32."""

INDEX_M, INDEX_BUILD, INDEX_SEARCH = 24, 200, 400
"""HNSW: links a node, candidates while building, candidates while searching."""

PROBES = 100
"""Questions by which the recall is measured."""

PROBE_COSINE = 0.6
"""How near a probe is to the face that it was made from: about what one person's photos are."""


def exact(
    session: Session, engine_id: str, query: NDArray[np.float64], top: int, excluded: str | None
) -> list[Hit]:
    """The nearest people. Candidates by half precision, judged in full; widened until certain."""
    # A scan of everything: an index would make it approximate. Compiling costs more than it gives.
    _tell(session, enable_indexscan="off", jit="off")
    wanted = max(4 * top, 32)
    while True:
        found = _candidates(session, engine_id, query, wanted, excluded)
        hits = best_of_each(_judged(session, engine_id, query, found), excluded)
        # What was not fetched is below the last one's cosine, give or take the error.
        bound = found[-1][2] + HALF_ERROR if len(found) == wanted else -2.0
        certain = [hit for hit in hits if hit[2] > bound]
        if len(certain) >= top or len(found) < wanted:
            return hits[:top]
        wanted *= 4


def approximate(
    session: Session, engine_id: str, query: NDArray[np.float64], top: int, excluded: str | None
) -> list[Hit]:
    """The nearest people that the index finds, judged in full."""
    _tell(session, enable_seqscan="off", **{"hnsw.ef_search": str(INDEX_SEARCH)})
    found = _candidates(session, engine_id, query, max(4 * top, 64), None)
    return best_of_each(_judged(session, engine_id, query, found), excluded)[:top]


def make_index(session: Session, engine_id: str) -> None:
    """Build the index; takes minutes for a million rows."""
    _tell(session, maintenance_work_mem="1GB")
    name = name_of(engine_id)
    session.execute(
        text(
            f"CREATE INDEX IF NOT EXISTS {name}_hnsw ON {name} USING hnsw "
            f"(vector halfvec_ip_ops) WITH (m = {INDEX_M}, ef_construction = {INDEX_BUILD})"
        )
    )


def measure_recall(session: Session, engine_id: str) -> float:
    """How many of the nearest people the index finds: probes near registered faces, both ways."""
    name, chance = name_of(engine_id), np.random.default_rng(1)
    query = text(f"SELECT photo_id FROM {name} ORDER BY md5(photo_id) LIMIT {PROBES}")
    probes = _vectors(session, engine_id, session.scalars(query).all())
    right = 0
    for vector in probes.values():
        noise = chance.standard_normal(len(vector))
        noise -= noise @ vector * vector
        side = np.sqrt(1 - PROBE_COSINE**2) * noise / np.linalg.norm(noise)
        probe = PROBE_COSINE * vector.astype(np.float64) + side
        _tell(session, enable_seqscan="on", enable_indexscan="on")
        found = approximate(session, engine_id, probe, 1, None)
        _tell(session, enable_seqscan="on")
        right += found == exact(session, engine_id, probe, 1, None)
        _tell(session, enable_indexscan="on")
    return right / len(probes) if probes else 1.0


def _candidates(
    session: Session, engine_id: str, query: NDArray[np.float64], limit: int, excluded: str | None
) -> Sequence[tuple[str, str, float]]:
    """Identity id, photo id, rough cosine: the nearest by half precision."""
    other = "" if excluded is None else "WHERE identity_id <> :excluded"
    statement = text(
        "SELECT identity_id, photo_id, -(vector <#> CAST(:query AS halfvec)) "
        f"FROM {name_of(engine_id)} {other} "
        "ORDER BY vector <#> CAST(:query AS halfvec) LIMIT :limit"
    )
    words = ",".join(map(str, query.astype(np.float16).tolist()))
    values: dict[str, Any] = {"query": f"[{words}]", "limit": limit}
    if excluded is not None:
        values["excluded"] = excluded
    return [tuple(row) for row in session.execute(statement, values)]


def _judged(
    session: Session,
    engine_id: str,
    query: NDArray[np.float64],
    found: Sequence[tuple[str, str, float]],
) -> list[Hit]:
    vectors = _vectors(session, engine_id, [photo_id for _, photo_id, _ in found])
    ids = [(person, photo_id) for person, photo_id, _ in found if photo_id in vectors]
    if not ids:
        return []
    return ranked(query, ids, np.stack([vectors[photo_id] for _, photo_id in ids]))


def _vectors(
    session: Session, engine_id: str, photo_ids: Sequence[str]
) -> dict[str, NDArray[np.float32]]:
    """Embeddings as unit vectors in full precision."""
    query = select(EmbeddingRow.photo_id, EmbeddingRow.vector).where(
        EmbeddingRow.photo_id.in_(photo_ids), EmbeddingRow.engine_id == engine_id
    )
    return {
        photo_id: units_of(from_bytes(stored)[None])[0]
        for photo_id, stored in session.execute(query)
    }


def _tell(session: Session, **options: str) -> None:
    for name, value in options.items():
        session.execute(
            text("SELECT set_config(:name, :value, true)"), {"name": name, "value": value}
        )
