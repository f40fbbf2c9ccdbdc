"""Tickets: who may open a socket, for how long, and that nobody makes their own."""

from __future__ import annotations

import base64
import json

import pytest

from core.access.roles import EVERYBODY, Principal
from core.access.tickets import Tickets
from core.errors import Unauthorized

ANN = Principal("ann", "operator", "account")


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_ticket_says_who_comes() -> None:
    tickets = Tickets()
    assert tickets.admit(tickets.mint(ANN, "camera"), "camera") == ANN
    assert tickets.admit(tickets.mint(EVERYBODY, "camera"), "camera") == EVERYBODY


def test_a_ticket_runs_out() -> None:
    clock = Clock()
    tickets = Tickets(60, clock)
    ticket = tickets.mint(ANN, "camera")
    clock.now += 59
    tickets.admit(ticket, "camera")
    clock.now += 2
    with pytest.raises(Unauthorized, match="run out"):
        tickets.admit(ticket, "camera")


def test_a_ticket_is_for_one_right() -> None:
    tickets = Tickets()
    with pytest.raises(Unauthorized):
        tickets.admit(tickets.mint(ANN, "camera"), "replace")


def forged(ticket: str, role: str) -> str:
    body, _, signature = ticket.partition(".")
    facts = json.loads(base64.urlsafe_b64decode(body))
    facts[1] = role
    return f"{base64.urlsafe_b64encode(json.dumps(facts).encode()).decode()}.{signature}"


@pytest.mark.parametrize("number", range(8))
def test_what_is_no_ticket(number: int) -> None:
    tickets = Tickets()
    good = tickets.mint(ANN, "camera")
    wrong = [
        "",
        ".",
        "no ticket",
        good[:-1],
        good + "0",
        forged(good, "admin"),
        Tickets().mint(ANN, "camera"),
        "ü" * 5000 + good,
    ][number]
    with pytest.raises(Unauthorized, match="no valid ticket"):
        tickets.admit(wrong, "camera")
