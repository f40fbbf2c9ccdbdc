"""``python -m core purge``: delete replaced photos that were kept long enough."""

from __future__ import annotations

import argparse
from datetime import datetime, timedelta, timezone

from tqdm import tqdm

from core.commands.said import at_the_terminal, saying_errors, the_gallery
from core.keeping import purge_old
from core.settings import get_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``--days N`` instead of FACEDESK_KEEP_DAYS; ``--dry-run`` only counts."""
    parser.add_argument("--days", type=_days, help="keep so many days (FACEDESK_KEEP_DAYS)")
    parser.add_argument("--dry-run", action="store_true", help="only say how many")


@saying_errors
def run(args: argparse.Namespace) -> int:
    """Purge, and say how many."""
    days = get_settings().keep_days if args.days is None else args.days
    before = datetime.now(timezone.utc) - timedelta(days=days)
    with the_gallery() as gallery:
        count = gallery.count_purgeable(before)
        if args.dry_run:
            print(f"{count} photo(s) were replaced more than {days} day(s) ago.")
            return 0
        with tqdm(total=count, unit="photo", disable=not count) as bar:
            done = purge_old(gallery, days, at_the_terminal(), bar.update)
    print(f"{done} photo(s) replaced more than {days} day(s) ago were deleted.")
    return 0


def _days(text: str) -> int:
    days = int(text)
    if not 0 <= days <= 100_000:
        raise argparse.ArgumentTypeError("must be 0 to 100000")
    return days
