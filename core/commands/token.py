"""``python -m core token``: make, list and revoke the keys of programs that call the API."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime, timedelta, timezone

from core.access.roles import is_name
from core.access.secrets import new_token
from core.commands.said import at_the_terminal, do_deed, minute
from core.contract.fields import ROLES
from core.errors import ParameterError
from core.gallery.records import ApiToken
from core.gallery.store import Gallery


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


run = do_deed


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
    gallery.create_token(token, at_the_terminal())
    print(text)
    print("Keep it: it is not shown again. Send it as 'Authorization: Bearer …'.", file=sys.stderr)


def _list(gallery: Gallery, _args: argparse.Namespace) -> None:
    print(f"{'id':12}  {'role':8}  {'made':16}  {'last used':16}  {'state':20}  name")
    for token in gallery.tokens():
        print(
            f"{token.id:12}  {token.role:8}  {minute(token.created_at)}  "
            f"{minute(token.last_used_at)}  {_state(token):20}  {token.name}"
        )


def _revoke(gallery: Gallery, args: argparse.Namespace) -> None:
    gallery.revoke_token(args.id, at_the_terminal())
    print(f"The token {args.id} is revoked.")


def _state(token: ApiToken) -> str:
    if token.revoked_at:
        return "revoked"
    if token.expires_at is None:
        return "valid"
    return f"until {token.expires_at:%Y-%m-%d}" if token.is_valid else "expired"
