"""The routes of the web app manifest and its icons; open to everybody, they hold no secret."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from core.manifest import ADDRESS, FOLDER, manifest

ICONS = Path(__file__).parent / "icons"


def installing_routes() -> Mount:
    """The mount that holds them."""
    described = Route(ADDRESS.removeprefix(FOLDER), _manifest, methods=["GET"])
    icons = Mount("/", app=StaticFiles(directory=ICONS))
    return Mount(f"/{FOLDER}", app=Starlette(routes=[described, icons]))


async def _manifest(_request: Request) -> Response:
    return JSONResponse(manifest(), media_type="application/manifest+json")
