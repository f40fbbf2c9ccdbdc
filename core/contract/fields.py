"""The contract's enumerations and id rules, shared by requests, answers and every room."""

from __future__ import annotations

from typing import Literal, get_args

Level = Literal["no", "low", "normal", "high"]
UserType = Literal["employee", "visitor", "blacklist", "stranger", "vip"]
CheckMode = Literal["off", "warn", "strict"]
Band = Literal["same", "uncertain", "different"]
Role = Literal["viewer", "operator", "admin"]

LEVELS: tuple[Level, ...] = get_args(Level)
"""Quality levels, weakest first."""

USER_TYPES: tuple[UserType, ...] = get_args(UserType)
"""User types in the old API's numbering: ``USER_TYPES[0]`` is type 1."""

CHECK_MODES: tuple[CheckMode, ...] = get_args(CheckMode)
"""Modes of a check, weakest first."""

ROLES: tuple[Role, ...] = get_args(Role)
"""Roles, weakest first: each may what those before it may."""

LEVEL_ALIASES: dict[str, Level] = {"middle": "normal"}
