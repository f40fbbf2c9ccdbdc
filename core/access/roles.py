"""What each role may do, in one table; and who somebody is once the door has let them in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from core.contract.fields import ROLES, Role
from core.errors import Forbidden
from core.gallery.records import Actor

LEAST: Final[dict[str, Role]] = {
    "look": "viewer",
    "replace": "operator",
    "create": "operator",
    "add_photo": "operator",
    "update": "operator",
    "create_group": "operator",
    "restore": "operator",
    "camera": "operator",
    "delete_photo": "admin",
    "delete": "admin",
    "erase": "admin",
    "demo": "admin",
    "override": "admin",
    "level_no": "admin",
    "settings": "admin",
    "switch_engine": "admin",
    "set_thresholds": "admin",
    "get_models": "admin",
    "reembed": "admin",
}
"""The weakest role that has each right. Rights are the audit's words for what is done, and
``look`` (everything that changes nothing), ``camera`` (hints while a new photo is taken),
``override`` (to go on after a red card, or with a weaker check than the settings ask for) and
``level_no`` (to register without a quality limit). What is not in the table is the admin's."""

Via = Literal["open", "token", "account", "proxy", "oidc"]


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody whom the door has let in.

    Attributes:
        name: of the person or token; empty when access is open.
        via: how the door knows.
    """

    name: str
    role: Role
    via: Via

    def actor(self, source: str, address: str) -> Actor:
        """The same as the gallery's audit writes it: who, through which door, from where."""
        return Actor(self.name, source, role=self.role, address=address)


EVERYBODY: Final = Principal("", "admin", "open")
"""Who anybody on this machine is while access is open."""


LONGEST_NAME: Final = 200
"""Longest name of a person or token, characters."""


def is_name(text: str) -> bool:
    """Whether it can stand for somebody in a list and in the audit."""
    return bool(text.strip()) and len(text) <= LONGEST_NAME and text.isprintable()


def may(role: Role, right: str) -> bool:
    """Whether the role has the right."""
    return ROLES.index(role) >= ROLES.index(LEAST.get(right, "admin"))


def require(role: Role, right: str) -> None:
    """Raise Forbidden unless the role has the right."""
    if not may(role, right):
        least = LEAST.get(right, "admin")
        raise Forbidden(
            f"Your role ({role}) may not do this; it takes the role {least}.", right=right
        )
