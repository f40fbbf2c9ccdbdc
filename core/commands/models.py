"""``python -m core models list | get | verify``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tqdm import tqdm

from core.engine.catalogue import PACKS, Pack, find_pack
from core.engine.download import DownloadError, fetch_pack
from core.engine.pack_manifest import installed_folders, pack_state, verify_folder
from core.engine.quality_files import ORIGINS, RECIPES, find_optional
from core.settings import get_settings

_COLUMNS = ("NAME", "INSTALLED", "BACKEND", "DOWNLOAD", "COMMERCIAL USE", "NOTE")
_BUILT_IN = "Built in, nothing to download: dlib (commercial use: yes)."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the three verbs of this group."""
    verbs = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    verbs.add_parser("list", help="known and installed packs, and what they may be used for")
    get = verbs.add_parser(
        "get",
        help="download, verify and install a pack",
        description="Download a pack, verify its SHA-256 and install it in the models folder. "
        "A broken download goes on where it stopped when the command is run again.",
    )
    names = ", ".join(pack.name for pack in PACKS)
    get.add_argument("name", metavar="NAME", help=f"one of {names}")
    get.add_argument(
        "--from",
        dest="mirror",
        metavar="URL-PREFIX",
        help="take the files from this address, such as an internal server that holds "
        "buffalo_l.zip, instead of the official one; they are verified all the same",
    )
    get.add_argument("--force", action="store_true", help="replace an installed pack")
    verify = verbs.add_parser(
        "verify",
        help="recompute the SHA-256 of installed packs",
        description="Recompute the SHA-256 of installed packs and compare it with the manifest "
        "and the known hashes. Exit code 1 when something differs.",
    )
    verify.add_argument("name", metavar="NAME", nargs="?", help="one pack; all when left out")


def run(args: argparse.Namespace) -> int:
    """Run the chosen verb on the models folder of the settings; returns the exit code."""
    models = get_settings().models
    if args.action == "list":
        return list_packs(PACKS, models)
    if args.action == "get":
        return get_pack(PACKS, models, args.name, mirror=args.mirror, force=args.force)
    return verify_packs(PACKS, models, args.name)


def list_packs(packs: tuple[Pack, ...], models: Path) -> int:
    """Print the table of known packs and of other folders in the models folder."""
    rows = [_COLUMNS, *(_row(pack, models) for pack in packs)]
    known = {pack.name for pack in packs}
    others = (p.name for p in installed_folders(models) if p.name not in known)
    rows += [(name, "yes", "", "", "", "your own files") for name in others]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_COLUMNS))]
    for row in rows:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())
    print(f"\n{_BUILT_IN}\nInstall one with: python -m core models get NAME")
    _list_networks(models)
    return 0


def _list_networks(models: Path) -> None:
    """Print the optional networks: what each adds, whether it is there, how to come by it."""
    there = {recipe.kind for recipe, _ in find_optional(models, None)}
    there |= {
        recipe.kind
        for folder in installed_folders(models)
        for recipe, _ in find_optional(models, folder)
    }
    print("\nNetworks that see quality (optional; files in the models folder or one in it):")
    for recipe in RECIPES:
        origin = ORIGINS[recipe.kind]
        state = "installed" if recipe.kind in there else "not installed"
        print(f"  {recipe.kind}: {origin.adds} ({recipe.name}; {origin.licence}); {state}")
        print(f"    {origin.source}: {origin.place}")


def _row(pack: Pack, models: Path) -> tuple[str, ...]:
    use = "yes" if pack.licence.commercial else "no, research only"
    state = pack_state(pack, models)
    return (pack.name, state, pack.backend, _mb(pack.download_size), use, pack.note.en)


def _mb(size: int | None) -> str:
    return "?" if size is None else f"{size / 1e6:.0f} MB"


def get_pack(
    packs: tuple[Pack, ...],
    models: Path,
    name: str,
    *,
    mirror: str | None = None,
    force: bool = False,
) -> int:
    """Say what the licence allows, download with a progress bar, say where the pack is."""
    pack = find_pack(name, packs)
    if pack is None and name in ORIGINS:
        origin = next(origin for kind, origin in ORIGINS.items() if kind == name)
        return _complain(f"{name} is put in place by hand. {origin.source}: {origin.place}.")
    if pack is None:
        known = ", ".join(p.name for p in packs)
        return _complain(f"There is no pack named {name}. Known packs: {known}.")
    state = pack_state(pack, models)
    if state == "yes" and not force:
        print(f"{name} is installed already; --force downloads it again and replaces it.")
        return 0
    if state == "incomplete" and not force:
        return _complain(f"models/{name} lacks files it needs; run again with --force.")
    print(f"{name}, {_mb(pack.download_size)}. Licence: {pack.licence.name}.")
    print(f"May I use this commercially? {pack.licence.words.en}")
    try:
        _fetch(pack, models, mirror, force)
    except DownloadError as error:
        return _complain(f"{name}: {error}.")
    except KeyboardInterrupt:
        return _complain("Stopped. Run the same command again to go on.", code=130)
    print(f"{name} is installed and verified.")
    return 0


def _fetch(pack: Pack, models: Path, mirror: str | None, force: bool) -> None:
    with tqdm(unit="B", unit_scale=True, desc=pack.name, disable=None) as bar:

        def show(done: int, total: int | None) -> None:
            bar.total = total
            bar.update(done - bar.n)

        fetch_pack(pack, models, show, mirror=mirror, force=force)


def verify_packs(packs: tuple[Pack, ...], models: Path, name: str | None) -> int:
    """Print one line a pack; 1 when a file differs, is missing, or the pack is not installed."""
    folders = [f for f in installed_folders(models) if name in (None, f.name)]
    if not folders and name:
        return _complain(f"{name} is not installed.")
    if not folders:
        print("No pack is installed.")
    outcomes = [_verify(folder, find_pack(folder.name, packs)) for folder in folders]
    return 0 if all(outcomes) else 1


def _verify(folder: Path, pack: Pack | None) -> bool:
    verdict = verify_folder(folder, pack)
    for problem in verdict.problems:
        print(f"{folder.name}: {problem}")
    if not verdict.problems and verdict.checked:
        print(f"{folder.name}: ok, {verdict.checked} files compared")
    elif not verdict.problems:
        print(f"{folder.name}: no manifest and no known hash, nothing to compare with")
    return not verdict.problems


def _complain(sentence: str, code: int = 1) -> int:
    print(sentence, file=sys.stderr)
    return code
