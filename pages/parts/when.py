"""Times as the reader's clock shows them."""

from __future__ import annotations

from datetime import datetime, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st


def zone() -> ZoneInfo | timezone:
    """The reader's time zone, else UTC."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):  # no such zone, or no zones on this machine
        return timezone.utc


def moment(at: datetime) -> str:
    """Day and time to the minute."""
    return f"{at.astimezone(zone()):%Y-%m-%d %H:%M}"
