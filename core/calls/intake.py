"""From a request's photo fields to bytes."""

from __future__ import annotations

from core.errors import ParameterError
from core.imaging.intake import decode_base64, read_file
from core.settings import Settings


def photo_bytes(
    settings: Settings,
    image: str | None,
    path: str | None,
    image_field: str = "register_image",
    path_field: str = "register_image_path",
) -> bytes:
    """The photo's bytes; base64 counts when both are sent.

    Raises ParameterError (neither sent), ImageError, ImageTooLarge.
    """
    limit = int(settings.max_image_mb * 1e6)
    if image:
        return decode_base64(image, limit)
    if path:
        return read_file(path, settings.image_root_folders, limit)
    problem = f"or {path_field} is required"
    raise ParameterError(f"{image_field} {problem}.", fields={image_field: problem})
