"""``python -m core token``: make, list and revoke the keys of programs that call the API."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime, timedelta, timezone

from core.access.roles import is_name
from core.access.secrets import new_token
from core.contract.fields import ROLES
from core.errors import FaceDeskError, ParameterError
from core.gallery.records import Actor, ApiToken
from core.gallery.store import Gallery
from core.house import open_gallery
from core.settings import get_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``create``, ``list`` and ``revoke``."""
    deeds = parser.add_subparsers(dest="deed", metavar="create|list|revoke", required=True)
    create = deeds.add_parser("create", help="make a token and show it, this once")
    create.add_argument("--name", required=True, help="which program it is for")
    create.add_argument("--role", required=True, choices=ROLES, help="what it may do")
    create.add_argument("--days", type=_days, metavar="N", help="how long it is valid; else always")
    create.set_defaults(deed=_create)
    deeds.add_parser("list", help="all tokens, without their secrets").set_defaults(deed=_list)
    revoke = deeds.add_parser("revoke", help="end a token for good")
    revoke.add_argument("id", help="as `list` shows it")
    revoke.set_defaults(deed=_revoke)


def run(args: argparse.Namespace) -> int:
    """Do it; exit code 1 when that is not possible."""
    try:
        with open_gallery(get_settings()) as gallery:
            args.deed(gallery, args)
    except FaceDeskError as error:
        print(error.message, file=sys.stderr)
        return 1
    return 0


def _days(text: str) -> float:
    days = float(text)
    if not 0 < days <= 36_500:
        raise argparse.ArgumentTypeError("expected more than 0 and at most 36500 days")
    return days


def _create(gallery: Gallery, args: argparse.Namespace) -> None:
    if not is_name(args.name):
        raise ParameterError("A name has 1 to 200 printable characters.")
    token_id, secret_sha256, text = new_token()
    now = datetime.now(timezone.utc)
    expires = now + timedelta(days=args.days) if args.days else None
    token = ApiToken(token_id, args.name, args.role, secret_sha256, now, expires, None, None)
    gallery.create_token(token, Actor(source="cli"))
    print(text)
    print("Keep it: it is not shown again. Send it as 'Authorization: Bearer …'.", file=sys.stderr)


def _list(gallery: Gallery, _args: argparse.Namespace) -> None:
    print(f"{'id':12}  {'role':8}  {'made':16}  {'last used':16}  {'state':20}  name")
    for token in gallery.tokens():
        print(
            f"{token.id:12}  {token.role:8}  {_day(token.created_at)}  "
            f"{_day(token.last_used_at)}  {_state(token):20}  {token.name}"
        )


def _revoke(gallery: Gallery, args: argparse.Namespace) -> None:
    gallery.revoke_token(args.id, Actor(source="cli"))
    print(f"The token {args.id} is revoked.")


def _state(token: ApiToken) -> str:
    if token.revoked_at:
        return "revoked"
    if token.expires_at is None:
        return "valid"
    expired = token.expires_at <= datetime.now(timezone.utc)
    return "expired" if expired else f"until {token.expires_at:%Y-%m-%d}"


def _day(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else f"{'never':16}"
