"""Every route x every role, and what strangers try."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.testclient import TestClient

from core.access.roles import Principal
from core.contract.fields import ROLES, Role
from core.desk import Desk
from core.errors import NotReady
from core.gallery.records import Actor
from core.web.api import make_routes
from tests.desk.conftest import Snapshot
from tests.web.material import (
    CALLERS,
    REGISTERING,
    STRANGER,
    bearer,
    guarded,
    make_client,
    reaches,
    refusal_rows,
    token_of,
)

FAMILY = "/sophon/v2/face"
B64 = Callable[[str], str]

# Address, method, the weakest role that may: the whole surface, in one table.
SURFACE: list[tuple[str, str, Role]] = [
    (f"{FAMILY}/updateimage", "POST", "operator"),
    (f"{FAMILY}/replaceface", "POST", "operator"),
    (f"{FAMILY}/createidentity", "POST", "operator"),
    (f"{FAMILY}/addface", "POST", "operator"),
    (f"{FAMILY}/updateidentity", "POST", "operator"),
    (f"{FAMILY}/createpermission", "POST", "operator"),
    (f"{FAMILY}/deleteface", "POST", "admin"),
    (f"{FAMILY}/deleteidentities", "POST", "admin"),
    (f"{FAMILY}/getidentity", "POST", "viewer"),
    (f"{FAMILY}/getidentities", "POST", "viewer"),
    (f"{FAMILY}/getpermissions", "POST", "viewer"),
    (f"{FAMILY}/fiqa", "POST", "viewer"),
    (f"{FAMILY}/detect", "POST", "viewer"),
    (f"{FAMILY}/compare", "POST", "viewer"),
    (f"{FAMILY}/search", "POST", "viewer"),
    (f"{FAMILY}/getregisterimage/{{register_image_id}}", "GET", "viewer"),
    ("/sophon/openapi.json", "GET", "viewer"),
    ("/SophonFogSys/api/users", "POST", "operator"),
]
SOCKETS: list[tuple[str, str, Role]] = [("/sophon/v2/face/live", "camera", "operator")]


@pytest.fixture
def closed(desk: Desk) -> Desk:
    return guarded(desk, lockout_failures=1000)


@pytest.fixture
def client(closed: Desk) -> TestClient:
    return make_client(closed)


@pytest.fixture
def tokens(closed: Desk) -> dict[str, str]:
    return {role: token_of(closed, role) for role in ROLES}


def code(answer: Any) -> int:
    found: int = answer.json()["error"]["code"]
    return found


def test_the_table_names_every_route(closed: Desk) -> None:
    routes, sockets = set(), set()
    for mount in make_routes(closed.settings, lambda: closed):
        assert isinstance(mount, Mount)
        for route in mount.routes:
            if isinstance(route, WebSocketRoute):
                sockets.add(mount.path + route.path)
                continue
            assert isinstance(route, Route)
            methods = (route.methods or set()) - {"HEAD"}
            routes |= {(mount.path + route.path, method) for method in methods}
    assert routes == {(path, method) for path, method, _ in SURFACE}
    assert sockets == {path for path, _, _ in SOCKETS}


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize(("path", "method", "least"), SURFACE)
def test_every_route_for_every_role(
    client: TestClient,
    closed: Desk,
    tokens: dict[str, str],
    snapshot: Callable[[], Snapshot],
    path: str,
    method: str,
    least: Role,
    caller: str,
) -> None:
    photo_id = closed.gallery.identity("001").photos[0].id
    address = path.format(register_image_id=photo_id)
    headers = bearer(tokens[caller]) if caller in tokens else {}
    before = snapshot()
    body = {"identity_id": "nobody", "identity_ids": ["nobody"]} if method == "POST" else None
    answer = client.request(method, address, headers=headers, json=body)
    assert answer.headers["cache-control"] == "no-store"
    assert snapshot() == before
    action, outcome, operator, place = refusal_rows(closed)[0]
    if caller == "anonymous":
        assert (answer.status_code, code(answer)) == (401, 40100)
        assert answer.headers["www-authenticate"] == "Bearer"
        assert (outcome, operator, place) == (40100, "", STRANGER[0]) and action
    elif not reaches(caller, least):
        assert (answer.status_code, code(answer)) == (403, 40300)
        assert (outcome, operator) == (40300, f"a {caller}") and action
    elif method == "GET":
        assert answer.status_code == 200
    else:
        assert answer.status_code not in (401, 403)


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize(("path", "right", "least"), SOCKETS)
def test_every_socket_for_every_role(
    client: TestClient, closed: Desk, path: str, right: str, least: Role, caller: str
) -> None:
    """A token is no way in: a socket is the pages', and takes the ticket of somebody at them."""
    message: dict[str, Any] = {"camera_width": 640, "camera_height": 480}
    if caller in ROLES:
        who = Principal(f"a {caller}", caller, "account")  # type: ignore[arg-type]
        message["ticket"] = closed.door.tickets.mint(who, right)
    headers = bearer(token_of(closed, "admin"))
    with client.websocket_connect(f"ws://127.0.0.1:8501{path}", headers=headers) as socket:
        socket.send_json(message)
        answer = socket.receive_json()
    if caller in ROLES and ROLES.index(caller) >= ROLES.index(least):  # type: ignore[arg-type]
        assert "error" not in answer
        return
    expected = 40300 if caller in ROLES else 40100
    assert answer["error"]["code"] == expected
    operator = f"a {caller}" if caller in ROLES else ""
    assert refusal_rows(closed)[0] == (right, expected, operator, STRANGER[0])


def test_the_operator_is_the_credentials(
    client: TestClient, closed: Desk, tokens: dict[str, str], b64: B64
) -> None:
    photo = closed.gallery.identity("001").photos[0]
    request = {
        "identity_id": "001",
        "register_image": b64("jing"),
        "register_image_id": photo.id,
        "operator": "boss",
    }
    answer = client.post(f"{FAMILY}/updateimage", json=request, headers=bearer(tokens["operator"]))
    assert answer.status_code == 200
    assert refusal_rows(closed)[0] == ("replace", 0, "a operator", STRANGER[0])
    again = client.post(f"{FAMILY}/updateimage", json=request, headers=bearer(tokens["operator"]))
    assert code(again) == 40401 and refusal_rows(closed)[0][:3] == ("replace", 40401, "a operator")


SPECIAL: list[tuple[str, dict[str, Any]]] = [
    *((what, fields) for what, fields, least in REGISTERING if least == "admin"),
    ("the check of the person off", {"identity_check": "off"}),
    ("the check of others off", {"duplicate_check": "off"}),
    ("only rehearsed", {"photo": "ming", "dry_run": True}),
]


@pytest.mark.parametrize(("what", "fields"), SPECIAL)
def test_what_only_an_admin_may(
    client: TestClient,
    closed: Desk,
    tokens: dict[str, str],
    snapshot: Callable[[], Snapshot],
    b64: B64,
    what: str,
    fields: dict[str, Any],
) -> None:
    photo = closed.gallery.identity("001").photos[0]
    extra = {key: value for key, value in fields.items() if key != "photo"}
    request = {
        "identity_id": "001",
        "register_image": b64(fields.get("photo", "jing")),
        "register_image_id": photo.id,
        **extra,
    }
    before = snapshot()
    headers = bearer(tokens["operator"])
    refused = client.post(f"{FAMILY}/updateimage", json=request, headers=headers)
    assert code(refused) == 40300 and snapshot() == before
    assert refusal_rows(closed)[0][:3] == ("replace", 40300, "a operator")
    done = client.post(f"{FAMILY}/updateimage", json=request, headers=bearer(tokens["admin"]))
    assert done.status_code == 200


def attempts(good: str, viewer: str, expired: str, revoked: str) -> list[dict[str, Any]]:
    address = f"{FAMILY}/getidentity"
    return [
        {"url": address},
        {"url": f"{address}?token={good}"},
        {"url": f"{address}?access_token={good}"},
        {"url": f"{address}?Authorization=Bearer%20{good}"},
        {"url": address, "cookies": {"token": good, "Authorization": f"Bearer {good}"}},
        {"url": address, "headers": {"X-Api-Key": good}},
        {"url": address, "headers": {"Authorization": good}},
        {"url": address, "headers": {"Authorization": f"Basic {good}"}},
        {"url": address, "headers": {"Authorization": f"Bearer {good}x"}},
        {"url": address, "headers": {"Authorization": f"Bearer {good}, Bearer {good}"}},
        {"url": address, "headers": {"Authorization": "Bearer"}},
        {"url": address, "headers": {"Authorization": "Bearer null"}},
        {"url": address, "headers": bearer(expired)},
        {"url": address, "headers": bearer(revoked)},
        {"url": address, "headers": {"X-Forwarded-User": "boss"}},
        {"url": address, "headers": {"X-Forwarded-For": "127.0.0.1"}},
        {"url": address, "headers": bearer(_mixed(good, viewer))},
    ]


def _mixed(good: str, other: str) -> str:
    """One token's id with another's secret."""
    return "_".join([*good.split("_", 2)[:2], other.split("_", 2)[2]])


@pytest.mark.parametrize("number", range(17))
def test_what_is_no_credential(
    client: TestClient, closed: Desk, tokens: dict[str, str], number: int
) -> None:
    revoked = token_of(closed, "admin")
    closed.gallery.revoke_token(revoked.split("_")[1], Actor())
    expired = token_of(closed, "admin", days=1e-9)
    tries = attempts(tokens["admin"], tokens["viewer"], expired, revoked)
    assert len(tries) == 17
    attempt = tries[number]
    client.cookies.update(attempt.pop("cookies", {}))
    answer = client.post(json={"identity_id": "001"}, **attempt)
    assert (answer.status_code, code(answer)) == (401, 40100)
    assert tokens["admin"] not in answer.text


def test_photos_are_checked_one_by_one(
    client: TestClient, closed: Desk, tokens: dict[str, str], b64: B64
) -> None:
    """Broken object-level authorisation: another's photo, a photo that is gone, no token."""
    mine = closed.gallery.identity("001").photos[0].id
    theirs = closed.gallery.identity("002").photos[0].id
    picture = f"{FAMILY}/getregisterimage"
    assert client.get(f"{picture}/{mine}", headers=bearer(tokens["viewer"])).status_code == 200
    assert code(client.get(f"{picture}/{mine}")) == 40100
    assert code(client.get(f"{picture}/none")) == 40100  # not even whether it exists
    headers = bearer(tokens["operator"])
    request = {"identity_id": "001", "register_image": b64("jing"), "register_image_id": theirs}
    stranger = client.post(f"{FAMILY}/updateimage", json=request, headers=headers).json()
    unknown = client.post(
        f"{FAMILY}/updateimage", json={**request, "register_image_id": "none"}, headers=headers
    ).json()
    assert stranger == unknown and stranger["error"]["code"] == 40401
    admin = bearer(tokens["admin"])
    body = {"identity_id": "001", "register_image_id": theirs}
    assert code(client.post(f"{FAMILY}/deleteface", json=body, headers=admin)) == 40401
    closed.gallery.delete_identities(["002"], Actor())
    assert code(client.get(f"{picture}/{theirs}", headers=admin)) == 40401


def test_credentials_are_asked_for_before_the_body_is_read(client: TestClient) -> None:
    sent = 0

    def endless() -> Any:
        nonlocal sent
        while sent < 50_000_000:
            sent += 100_000
            yield b"x" * 100_000

    headers = {"Content-Type": "application/json"}
    answer = client.post(f"{FAMILY}/detect", content=endless(), headers=headers)
    assert code(answer) == 40100


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_other_sites_pages_are_refused(
    client: TestClient, closed: Desk, tokens: dict[str, str], headers: dict[str, str]
) -> None:
    photo_id = closed.gallery.identity("001").photos[0].id
    both = headers | bearer(tokens["admin"])
    picture = client.get(f"{FAMILY}/getregisterimage/{photo_id}", headers=both)
    assert code(picture) == 40300
    assert refusal_rows(closed)[0] == ("getregisterimage", 40300, "", STRANGER[0])
    assert code(client.post(f"{FAMILY}/detect", json={"image": "x"}, headers=both)) == 40300
    assert "access-control-allow-origin" not in picture.headers


def test_too_many_requests_say_when_to_come_back(desk: Desk) -> None:
    closed = guarded(desk, rate_per_minute=2, rate_burst=3)
    client, token = make_client(closed), token_of(closed, "viewer")
    answers = [
        client.post(
            f"{FAMILY}/getidentity",
            json={"identity_id": "001"},
            # another forwarded address each time: the socket's counts
            headers=bearer(token) | {"X-Forwarded-For": f"198.51.100.{number}"},
        )
        for number in range(4)
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[3].headers["retry-after"]) <= 30
    nobody = [
        client.get("/sophon/openapi.json", headers={"X-Forwarded-For": f"198.51.100.{number}"})
        for number in range(4)
    ]
    assert [answer.status_code for answer in nobody] == [401, 401, 401, 429]


def test_guessing_tokens_is_locked_out_and_audited(desk: Desk) -> None:
    closed = guarded(desk, lockout_failures=3)
    client = make_client(closed)
    tries = [
        client.get("/sophon/openapi.json", headers=bearer(f"facedesk_x_{number}"))
        for number in range(4)
    ]
    assert [answer.status_code for answer in tries] == [401, 401, 401, 429]
    assert int(tries[3].headers["retry-after"]) > 60
    rows = refusal_rows(closed, 5)
    assert rows[0][:2] == ("openapi", 42900)
    assert ("lock_out", 42900, f"address:{STRANGER[0]}", STRANGER[0]) in rows


def test_without_a_gallery_nobody_comes_in(desk: Desk) -> None:
    closed = guarded(desk)

    def gone() -> Desk:
        raise NotReady

    bare = TestClient(Starlette(routes=make_routes(closed.settings, gone)))
    assert code(bare.get("/sophon/openapi.json")) == 50300
    foreign = bare.get("/sophon/openapi.json", headers={"Origin": "http://evil.example"})
    assert code(foreign) == 40300


@pytest.mark.parametrize(
    ("peer", "named", "role"),
    [
        ("10.0.0.1", "ann", "admin"),
        ("10.0.0.1", "eve", "viewer"),
        ("203.0.113.9", "ann", None),
        ("127.0.0.1", "ann", None),
    ],
)
def test_a_proxys_word_counts_from_its_address_only(
    desk: Desk, peer: str, named: str, role: str | None
) -> None:
    knobs = {"trusted_proxies": "10.0.0.0/24", "roles": "ann=admin,*=viewer"}
    closed = guarded(desk, "proxy", **knobs)
    client = make_client(closed, (peer, 1))
    headers = {"X-Forwarded-User": named, "X-Forwarded-For": "9.9.9.9, 198.51.100.7"}
    answer = client.post(
        f"{FAMILY}/deleteidentities", json={"identity_ids": ["nobody"]}, headers=headers
    )
    _, outcome, operator, place = refusal_rows(closed)[0]
    if role is None:
        assert code(answer) == 40100
        assert (outcome, operator, place) == (40100, "", peer)
    else:
        assert answer.status_code == (200 if role == "admin" else 403)
        assert (operator, place) == (named, "198.51.100.7")
    twice = [("X-Forwarded-User", "ann"), ("X-Forwarded-User", "eve")]
    assert code(client.get("/sophon/openapi.json", headers=twice)) == 40100


def test_routes_without_the_gate_believe_no_header(desk: Desk) -> None:
    closed = guarded(desk, "proxy", trusted_proxies="0.0.0.0/0", roles="*=admin")
    bare = TestClient(Starlette(routes=make_routes(closed.settings, lambda: closed)))
    assert code(bare.get("/sophon/openapi.json", headers={"X-Forwarded-User": "ann"})) == 40100
