"""G. Rights and abuse, on the server that asks for tokens."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.bad_inputs.bench import (
    FAMILY,
    UPDATE,
    Bench,
    Reply,
    Row,
    as_base64,
    http_bytes,
)

Text = Callable[[Bench], str]


def knock(name: str, code: int, authorization: Text | None, address: str = UPDATE, **h: str) -> Row:
    def send(bench: Bench) -> Reply:
        headers = dict(h)
        if authorization:
            headers["Authorization"] = authorization(bench)
        where = address.replace("TOKEN", bench.tokens["admin"])
        return bench.ask(bench.good(), where, bench.closed_port, **headers)

    return Row(name, code, send, "audit")


def bearer(who: str, change: Callable[[str], str] = str) -> Text:
    return lambda bench: "Bearer " + change(bench.tokens[who])


def allowed(name: str, code: int, who: str, call: str = "updateimage", **changes: object) -> Row:
    """What a role may not, however right the rest is."""

    def send(bench: Bench) -> Reply:
        request = bench.good(**changes) if call == "updateimage" else changes
        headers = {"Authorization": "Bearer " + bench.tokens[who]}
        return bench.ask(request, f"{FAMILY}/{call}", bench.closed_port, **headers)

    return Row(name, code, send, "audit")


def photo(name: str, code: int, address: str, who: str | None = None) -> Row:
    def send(bench: Bench) -> Reply:
        headers = {"Authorization": f"Bearer {bench.tokens[who]}"} if who else {}
        where = f"{FAMILY}/getregisterimage/{address or bench.photo_id()}"
        return bench.exchange([http_bytes("GET", where, headers)], bench.closed_port)

    return Row(name, code, send, "line" if who else "audit")


def hurried(bench: Bench, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(bench.closed.door._buckets, "take", lambda key: 7.0)


def locked_out(bench: Bench, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(bench.closed.door._lockout, "wait", lambda *keys: 60.0)


def busy(bench: Bench, patch: pytest.MonkeyPatch) -> None:
    from core.web.api import Kitchen

    patch.setattr(Kitchen, "_work", _too_many)


async def _too_many(self: object, job: object) -> None:
    from core.errors import TooManyRequests

    raise TooManyRequests()


def ask_with(who: str) -> Callable[[Bench], Reply]:
    return lambda bench: bench.ask(
        bench.good(), UPDATE, bench.closed_port, Authorization=f"Bearer {bench.tokens[who]}"
    )


NONE_ALGORITHM = "eyJhbGciOiJub25lIn0.eyJyb2xlIjoiYWRtaW4ifQ."


def theirs(bench: Bench) -> str:
    return bench.photo_id("002")


def their_face(bench: Bench) -> str:
    return bench.desk.gallery.identity("002").photos[0].face_id


def ming(bench: Bench) -> str:
    return as_base64(bench.pictures["ming"])


ROWS = [
    knock("G114 no token", 40100, None),
    knock("G114 no scheme", 40100, lambda bench: bench.tokens["admin"]),
    knock("G114 another scheme", 40100, lambda bench: "Basic " + bench.tokens["admin"]),
    knock("G114 a letter more", 40100, bearer("admin", lambda text: text + "x")),
    knock("G114 a letter less", 40100, bearer("admin", lambda text: text[:-1])),
    knock("G114 another's secret", 40100, lambda bench: "Bearer " + "_".join(
        [*bench.tokens["admin"].split("_", 2)[:2], bench.tokens["viewer"].split("_", 2)[2]])),
    knock("G114 null", 40100, lambda bench: "Bearer null"),
    knock("G114 alg: none", 40100, lambda bench: "Bearer " + NONE_ALGORITHM),
    knock("G114 expired", 40100, bearer("expired")),
    knock("G114 revoked", 40100, bearer("revoked")),
    knock("G114 in the address", 40100, None, f"{UPDATE}?token=TOKEN"),
    knock("G114 a user's name in a header", 40100, None, X_Forwarded_User="boss"),
    knock("G114 an address in a header", 40100, None, X_Forwarded_For="127.0.0.1"),
    allowed("G115 a viewer replaces", 40300, "viewer"),
    allowed("G115 a viewer rehearses", 40300, "viewer", dry_run=True),
    allowed("G115 an operator lowers the level", 40300, "operator", fiqa_level="no"),
    allowed("G115 an operator goes on after a red card", 40300, "operator", register_image=ming),
    allowed("G115 an operator switches the check off", 40300, "operator", identity_check="off"),
    allowed("G115 an operator deletes", 40300, "operator", "deleteidentities",
            identity_ids=["001"]),
    allowed("G115 another person's photo", 40401, "admin", register_image_id=theirs),
    allowed("G115 another person's face", 40401, "admin", register_image_id=None,
            face_id=their_face),
    photo("G115 a photo without a token", 40100, ""),
    photo("G115 no photo, and no token to know it", 40100, "none"),
    photo("G115 a photo that is none", 40401, "none", "viewer"),
    photo("G115 a photo's id that climbs", 40401, "..%2f..%2fgallery.db", "viewer"),
    Row("G116 too many a minute", 42900, ask_with("operator"), "audit", hurried),
    Row("G116 too many wrong tokens", 42900,
        lambda bench: bench.ask(bench.good(), UPDATE, bench.closed_port,
                                Authorization="Bearer " + NONE_ALGORITHM), "audit", locked_out),
    Row("G116 too many at once", 42900, ask_with("operator"), "line", busy),
]  # fmt: skip
