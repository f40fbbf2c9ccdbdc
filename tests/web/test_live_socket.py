"""The live camera's socket: its protocol, who may open it, and that nothing breaks or is kept."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from bench.film import TALL, WIDE, on_stage
from core.access.roles import EVERYBODY, Principal
from core.access.tickets import TICKET_S
from core.contract.fields import Role
from core.desk import Desk
from core.engine.select import load_engine
from core.engine.slot import EngineSlot
from core.errors import NotReady
from core.fiqa.report import ITEMS
from core.imaging import samples
from core.imaging.read import encode_jpeg
from core.live import FRAME_BYTES
from core.vision import Vision
from core.web import live
from core.web.api import make_routes
from tests.desk.conftest import Snapshot
from tests.desk.test_live import frame
from tests.png import flat_png
from tests.web.material import STRANGER, guarded, make_client, refusal_rows

PATH = "/sophon/v2/face/live"
FRAME = frame(on_stage(samples.portrait(samples.PORTRAITS[0], 190, 2.6)))
CAMERA = {"camera_width": WIDE, "camera_height": TALL}


@pytest.fixture
def closed(desk: Desk) -> Desk:
    made = guarded(desk, camera_fps=60)
    made.vision.engine_slot.get()
    return made


@pytest.fixture
def client(closed: Desk) -> TestClient:
    return make_client(closed)


def ticket(desk: Desk, role: Role = "operator") -> str:
    return desk.door.tickets.mint(Principal(f"a {role}", role, "account"), "camera")


def opened(client: TestClient, desk: Desk, **headers: str) -> WebSocketTestSession:
    address = str(client.base_url).replace("http", "ws", 1) + PATH
    return client.websocket_connect(address, headers=headers)


def greet(socket: WebSocketTestSession, desk: Desk, **fields: Any) -> dict[str, Any]:
    socket.send_json({"ticket": ticket(desk), "fiqa_level": "high", **CAMERA, **fields})
    answer: dict[str, Any] = socket.receive_json()
    return answer


def ask(socket: WebSocketTestSession, data: bytes | str) -> dict[str, Any]:
    socket.send_text(data) if isinstance(data, str) else socket.send_bytes(data)
    answer: dict[str, Any] = socket.receive_json()
    return answer


def ends(socket: WebSocketTestSession) -> int:
    """The number with which the other side closes."""
    with pytest.raises(WebSocketDisconnect) as closing:
        socket.receive_json()
    return closing.value.code


def code(answer: dict[str, Any]) -> int:
    assert set(answer["error"]) <= {"code", "message", "status", "details"}
    found: int = answer["error"]["code"]
    return found


def test_frames_get_boxes_marks_and_an_advice(
    client: TestClient, closed: Desk, snapshot: Callable[[], Snapshot]
) -> None:
    before, rows = snapshot(), refusal_rows(closed)
    with opened(client, closed) as socket:
        assert greet(socket, closed) == {"fps": 60, "side": 640, "max_bytes": FRAME_BYTES}
        answer = ask(socket, FRAME)
        assert len(answer["faces"]) == 1 and set(answer["items"]) == set(ITEMS)
        assert answer["passed"] and answer["advice"] == "good" and answer["overall"] >= 75
        assert ask(socket, FRAME) == answer
    assert snapshot() == before and refusal_rows(closed) == rows  # nothing is kept


def test_the_level_can_change(client: TestClient, closed: Desk) -> None:
    dark = frame(samples.darkened(on_stage(samples.portrait(samples.PORTRAITS[0], 190, 2.6)), 0.12))
    with opened(client, closed) as socket:
        greet(socket, closed)
        assert ask(socket, dark)["passed"] is False
        socket.send_json({"fiqa_level": "no", **CAMERA})
        assert ask(socket, dark)["passed"] is True


FIRST: list[tuple[str, str | bytes, int]] = [
    ("a frame", FRAME, 40100),
    ("no JSON", "take me in", 40000),
    ("a list", "[]", 40000),
    ("an unknown field", '{"camera_width": 640, "camera_height": 480, "x": 1}', 40091),
    ("no size", '{"ticket": "x"}', 40091),
    ("a huge size", '{"ticket": "x", "camera_width": 1000000, "camera_height": 480}', 40091),
    ("no ticket", '{"camera_width": 640, "camera_height": 480}', 40100),
    ("no valid ticket", '{"ticket": "a.b", "camera_width": 640, "camera_height": 480}', 40100),
    ("nothing", "", 40002),
]


@pytest.mark.parametrize(("what", "message", "expected"), FIRST, ids=[row[0] for row in FIRST])
def test_the_first_message(
    client: TestClient, closed: Desk, what: str, message: str | bytes, expected: int
) -> None:
    with opened(client, closed) as socket:
        assert code(ask(socket, message)) == expected
        assert ends(socket) == live.REFUSED
    if expected == 40100:
        assert refusal_rows(closed)[0] == ("camera", 40100, "", STRANGER[0])


BAD: list[tuple[str, bytes | str, int]] = [
    ("junk", b"no picture", 40003),
    ("nothing", b"", 40003),
    ("cut off", FRAME[:-700], 40003),
    ("a bomb", flat_png(20_000, 20_000), 40007),
    ("too many bytes", FRAME + bytes(FRAME_BYTES), 41300),
    ("a text", "hello", 40000),
    ("an unknown level", '{"fiqa_level": "best", "camera_width": 9, "camera_height": 9}', 40091),
    ("deep JSON", "[" * 90, 40000),
    ("another shape", encode_jpeg(samples.picture("skimage", "data/coffee.png")), 40091),
    ("nobody's frame", flat_png(20, 12), 40004),
]


@pytest.mark.parametrize(("what", "message", "expected"), BAD, ids=[row[0] for row in BAD])
def test_a_bad_message_is_told_and_the_next_frame_is_good(
    client: TestClient, closed: Desk, what: str, message: bytes | str, expected: int
) -> None:
    with opened(client, closed) as socket:
        greet(socket, closed)
        assert code(ask(socket, message)) == expected
        assert ask(socket, FRAME)["passed"]


def test_many_bad_messages_end_it(
    client: TestClient, closed: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MOST_FAULTS", 3)
    with opened(client, closed) as socket:
        greet(socket, closed)
        codes = [code(ask(socket, b"junk")) for _ in range(3)]
        assert codes == [40003] * 3 and code(socket.receive_json()) == 42900
        assert ends(socket) == live.LATER
    with opened(client, closed) as socket:
        assert "fps" in greet(socket, closed)  # its place is free again


def test_sent_at_once_is_answered_in_order(client: TestClient, closed: Desk) -> None:
    with opened(client, closed) as socket:
        greet(socket, closed)
        for data in (FRAME, b"junk", FRAME):
            socket.send_bytes(data)
        answers = [socket.receive_json() for _ in range(3)]
    assert ["error" in answer for answer in answers] == [False, True, False]


def test_the_frame_rate_is_bounded(desk: Desk) -> None:
    closed = guarded(desk, camera_fps=10)
    closed.vision.engine_slot.get()
    with opened(make_client(closed), closed) as socket:
        greet(socket, closed)
        start = time.monotonic()
        for _ in range(4):
            socket.send_bytes(FRAME)
        for _ in range(4):
            socket.receive_json()
        assert time.monotonic() - start > 0.3


def test_only_so_many_cameras(desk: Desk) -> None:
    closed = guarded(desk, camera_sockets=1)
    client = make_client(closed)
    with client, opened(client, closed) as first:
        greet(first, closed)
        with opened(client, closed) as second:
            assert code(greet(second, closed)) == 42900 and ends(second) == live.LATER


def test_none_at_all_where_it_is_switched_off(desk: Desk) -> None:
    closed = guarded(desk, camera_sockets=0)
    with opened(make_client(closed), closed) as socket:
        assert code(greet(socket, closed)) == 42900


@pytest.mark.parametrize(
    ("limit", "expected", "number"),
    [("GREETING_S", 40000, live.REFUSED), ("IDLE_S", None, live.NORMAL), ("OPEN_S", 40100, 1008)],
)
def test_silence_and_long_visits_end(
    client: TestClient,
    closed: Desk,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    expected: int | None,
    number: int,
) -> None:
    monkeypatch.setattr(live, limit, 0.2)
    with opened(client, closed) as socket:
        if limit != "GREETING_S":
            greet(socket, closed)
        if expected:
            assert code(socket.receive_json()) == expected
        assert ends(socket) == number


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
)
@pytest.mark.parametrize("gate", [True, False])
def test_other_sites_pages_are_refused(closed: Desk, headers: dict[str, str], gate: bool) -> None:
    client = make_client(closed)
    if not gate:
        routes = make_routes(closed.settings, lambda: closed)
        client = TestClient(Starlette(routes=routes), base_url=str(client.base_url))
    with pytest.raises(WebSocketDisconnect) as refused, opened(client, closed, **headers):
        pass
    assert refused.value.code == live.REFUSED
    assert refusal_rows(closed)[0][:2] in (("connect", 40300), ("camera", 40300))


def test_our_own_pages_come_in(client: TestClient, closed: Desk) -> None:
    origin = {"Origin": str(client.base_url), "Sec-Fetch-Site": "same-origin"}
    with opened(client, closed, **origin) as socket:
        assert "fps" in greet(socket, closed)


def test_open_access_takes_a_ticket_too(desk: Desk) -> None:
    here = guarded(desk, "open")
    client = make_client(here, ("127.0.0.1", 5))
    with opened(client, here) as socket:
        socket.send_json({"ticket": here.door.tickets.mint(EVERYBODY, "camera"), **CAMERA})
        assert "fps" in socket.receive_json()
    with opened(client, here) as socket:
        socket.send_json(CAMERA)
        assert code(socket.receive_json()) == 40100


def test_an_old_ticket_is_refused(client: TestClient, closed: Desk) -> None:
    late = time.time() - TICKET_S - 1
    closed.door.tickets._clock = lambda: late
    old = ticket(closed)
    closed.door.tickets._clock = time.time
    with opened(client, closed) as socket:
        assert code(greet(socket, closed, ticket=old)) == 40100


def test_while_the_engine_loads_frames_wait(closed: Desk) -> None:
    slot = EngineSlot(lambda: load_engine(closed.settings))
    vision = Vision(closed.settings, slot, closed.vision.policy)
    loading = Desk(closed.settings, closed.gallery, vision)
    slot._load = lambda: time.sleep(0.3) or load_engine(closed.settings)  # type: ignore[func-returns-value]
    with opened(make_client(loading), loading) as socket:
        greet(socket, loading)
        assert code(ask(socket, FRAME)) == 50300
        slot.get()
        assert ask(socket, FRAME)["passed"]


def test_without_a_gallery_nobody_comes_in(closed: Desk) -> None:
    def gone() -> Desk:
        raise NotReady

    bare = TestClient(Starlette(routes=make_routes(closed.settings, gone)))
    with bare.websocket_connect(PATH) as socket:
        socket.send_json({"ticket": ticket(closed), **CAMERA})
        assert code(socket.receive_json()) == 50300


def test_a_failure_is_told_without_a_trace(
    client: TestClient,
    closed: Desk,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(logging.getLogger("facedesk"), "propagate", True)

    def broken(*_: object) -> None:
        raise ValueError("secret of the picture")

    with opened(client, closed) as socket:
        greet(socket, closed)
        with monkeypatch.context() as patch:
            patch.setattr(live, "glance", broken)
            answer = ask(socket, FRAME)
        assert code(answer) == 50072 and "secret" not in str(answer)
        assert ask(socket, FRAME)["passed"]
    assert "kind=ValueError" in caplog.text and "secret" not in caplog.text


def test_the_api_answers_while_frames_are_looked_at(
    closed: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = threading.Event()
    monkeypatch.setattr(live, "glance", lambda *_: answered.wait(20) and None)
    with make_client(closed) as client, opened(client, closed) as socket:
        greet(socket, closed)
        socket.send_bytes(FRAME)
        start = time.monotonic()
        assert client.get("/sophon/openapi.json").status_code == 401
        assert time.monotonic() - start < 20
        answered.set()
        assert code(socket.receive_json()) == 50072
