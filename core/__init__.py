"""FaceDesk's JSON functions: one dict in, one dict out, never an exception.

>>> import core
>>> core.update_image({"identity_id": "001", "register_image": "...", "face_id": "..."})

Each answers with its success key or with ``{"error": {"code", "message", "status"}}``. The fields
are those of ``core.contract``; nothing else of this package is public. The first call opens the
gallery and loads the face engine.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "add_face",
    "compare",
    "create_identity",
    "create_permission",
    "delete_face",
    "delete_identities",
    "detect",
    "fiqa",
    "get_identity",
    "get_register_image",
    "list_identities",
    "list_permissions",
    "replace_face",
    "search",
    "update_identity",
    "update_image",
]

Json = dict[str, Any]


def _call(function: str, request: object) -> Json:
    # Imported here so that `import core.settings` and the like do not load the whole house.
    from core.calls.perform import perform
    from core.calls.table import BY_FUNCTION
    from core.gallery.records import Actor
    from core.house import get_desk

    return perform(BY_FUNCTION[function], request, Actor(source="function"), get_desk)


def update_image(request: Json) -> Json:
    """Replace a registered photo: ``identity_id``, the new photo, and which one to replace.

    The new photo is ``register_image`` (base64) or ``register_image_path``; the old one
    ``register_image_id`` or ``face_id``; ``fiqa_level`` no, low, normal or high (default).
    Answers ``identity`` and ``replacement``; after an error the stored photo is as before.
    """
    return _call("update_image", request)


def replace_face(request: Json) -> Json:
    """``update_image`` under its later name; also takes ``register_image_index``."""
    return _call("replace_face", request)


def create_identity(request: Json) -> Json:
    """Register an identity with one photo; ``identity_id`` is made when it is not sent."""
    return _call("create_identity", request)


def get_identity(request: Json) -> Json:
    """The identity with this ``identity_id``."""
    return _call("get_identity", request)


def list_identities(request: Json) -> Json:
    """Identities by ``filters``, ``page_index`` and ``page_limit``."""
    return _call("list_identities", request)


def update_identity(request: Json) -> Json:
    """Change an identity's name, type, groups or ``ext_info``."""
    return _call("update_identity", request)


def delete_identities(request: Json) -> Json:
    """Remove the identities ``identity_ids`` with all their photos."""
    return _call("delete_identities", request)


def add_face(request: Json) -> Json:
    """Register one more photo of an identity."""
    return _call("add_face", request)


def delete_face(request: Json) -> Json:
    """Remove one photo of an identity; the last one stays."""
    return _call("delete_face", request)


def get_register_image(request: Json) -> Json:
    """A registered photo as base64, by ``register_image_id``."""
    return _call("get_register_image", request)


def fiqa(request: Json) -> Json:
    """Judge a photo's quality at a level."""
    return _call("fiqa", request)


def detect(request: Json) -> Json:
    """All faces of a photo: boxes, five points, scores."""
    return _call("detect", request)


def compare(request: Json) -> Json:
    """Cosine similarity of the largest faces of two photos."""
    return _call("compare", request)


def search(request: Json) -> Json:
    """The identities nearest to a photo's largest face."""
    return _call("search", request)


def create_permission(request: Json) -> Json:
    """A new permission group."""
    return _call("create_permission", request)


def list_permissions(request: Json) -> Json:
    """All permission groups."""
    return _call("list_permissions", request)
