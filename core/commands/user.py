"""``python -m core user``: make, list and change the accounts of people who sign in to the pages.

A password is asked for, or read from a pipe; it never stands in the command line.
"""

from __future__ import annotations

import argparse
import getpass
import sys

from core.access.roles import is_name
from core.access.secrets import hash_password
from core.commands.said import at_the_terminal, do_deed, minute
from core.contract.fields import ROLES
from core.errors import ParameterError
from core.gallery.store import Gallery


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``create``, ``list``, ``password``, ``role``, ``disable`` and ``enable``."""
    deeds = parser.add_subparsers(
        dest="deed", metavar="create|list|password|role|disable|enable", required=True
    )
    deeds.add_parser("list", help="all accounts").set_defaults(deed=_list)
    for name, deed, text in (
        ("create", _create, "make an account; asks for the password"),
        ("password", _password, "set another password; ends open sessions"),
        ("role", _role, "give another role"),
        ("disable", _disable, "close an account; ends open sessions"),
        ("enable", _enable, "open a closed account again"),
    ):
        one = deeds.add_parser(name, help=text)
        one.add_argument("name", help="what the person signs in with")
        if name in ("create", "role"):
            one.add_argument("--role", required=True, choices=ROLES, help="what they may do")
        one.set_defaults(deed=deed)


run = do_deed


def _create(gallery: Gallery, args: argparse.Namespace) -> None:
    name = args.name.strip()
    if not is_name(name):
        raise ParameterError("A name has 1 to 200 printable characters.")
    if gallery.account(name):
        raise ParameterError("An account of this name exists already.")
    gallery.create_account(name, args.role, hash_password(_ask()), at_the_terminal())
    print(f"{name} can sign in as {args.role}.")


def _list(gallery: Gallery, _args: argparse.Namespace) -> None:
    print(f"{'role':8}  {'last sign-in':16}  {'state':8}  name")
    for account in gallery.accounts():
        state = "disabled" if account.disabled else "open"
        print(f"{account.role:8}  {minute(account.last_used_at)}  {state:8}  {account.name}")


def _password(gallery: Gallery, args: argparse.Namespace) -> None:
    gallery.set_password(args.name, hash_password(_ask()), at_the_terminal())
    print(f"{args.name} has a new password.")


def _role(gallery: Gallery, args: argparse.Namespace) -> None:
    gallery.set_role(args.name, args.role, at_the_terminal())
    print(f"{args.name} is now {args.role}.")


def _disable(gallery: Gallery, args: argparse.Namespace) -> None:
    gallery.set_disabled(args.name, True, at_the_terminal())
    print(f"{args.name} is disabled.")


def _enable(gallery: Gallery, args: argparse.Namespace) -> None:
    gallery.set_disabled(args.name, False, at_the_terminal())
    print(f"{args.name} is open again.")


def _ask() -> str:
    """The password, typed twice, or the first line of a pipe."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("The same again: ") != password:
        raise ParameterError("These are two different passwords.")
    return password
