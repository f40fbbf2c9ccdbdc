"""What callers may send: one model a call, the only place of the request's field names.

Every model refuses unknown fields and wrong types. ``null`` and the empty string count as
not sent, as the family's documentation has it.
"""

from __future__ import annotations

import json
import unicodedata
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from core.contract.fields import LEVEL_ALIASES, USER_TYPES, CheckMode, Level, UserType


def _clean_text(value: Any) -> Any:
    """NFC-normalised text without control or invisible formatting characters."""
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        return value
    if any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in value):
        raise ValueError("control characters are not allowed")
    return unicodedata.normalize("NFC", value).strip()


def _known_level(value: Any) -> Any:
    return LEVEL_ALIASES.get(value, value) if isinstance(value, str) else value


def _user_type(value: Any) -> Any:
    """The old API sends 1..5 for the five types."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return USER_TYPES[value - 1] if is_number and 1 <= value <= len(USER_TYPES) else value


def _storable(value: Any) -> Any:
    """A copy in plain JSON types, of at most MAX_EXT_INFO bytes and MAX_EXT_DEPTH levels."""
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        size = len(text.encode())
    except (TypeError, ValueError, RecursionError):
        raise ValueError("it holds something that JSON cannot") from None
    if size > MAX_EXT_INFO:
        raise ValueError(f"it has {size} bytes, the limit is {MAX_EXT_INFO}")
    plain = json.loads(text)
    if _is_deeper(plain, MAX_EXT_DEPTH):
        raise ValueError(f"it is nested deeper than {MAX_EXT_DEPTH} levels")
    return plain


def _is_deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, (dict, list)):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(child, levels - 1) for child in inner)


_LONGEST_TEXT = 2_000
"""Longer text is over every limit; it is not walked through."""

MAX_EXT_INFO = 16_384
"""Largest ext_info, bytes of JSON."""

MAX_EXT_DEPTH = 30
"""Deepest nesting of ext_info, levels: what a JSON body of the default depth can carry."""

MAX_NUMBER = 2**53 - 1
"""Largest whole number that every JSON reader keeps exact."""

Text = Annotated[str, StringConstraints(max_length=200), BeforeValidator(_clean_text)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=128), BeforeValidator(_clean_text)]
Photo64 = Annotated[str, StringConstraints(min_length=1)]
Path = Annotated[str, StringConstraints(min_length=1, max_length=4096)]
LevelField = Annotated[Level, BeforeValidator(_known_level)]
UserTypeField = Annotated[UserType, BeforeValidator(_user_type)]

_IMAGE = AliasChoices("image", "image_base64_str", "register_image")
_IMAGE_PATH = AliasChoices("image_path", "register_image_path")


def is_sent(value: object) -> bool:
    """Whether a field counts as sent: not null, not the empty string."""
    return value is not None and not (isinstance(value, str) and value == "")


class Request(BaseModel):
    """Common ground: strict types, no unknown fields, empty means not sent."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, validate_by_name=True)
    may_be_empty: ClassVar[bool] = False

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {key: value for key, value in data.items() if is_sent(value)}


class Traced(Request):
    """Fields every changing call takes."""

    request_id: Id | None = Field(None, description="Repeats with one id change nothing twice.")
    reason: Text | None = Field(None, description="Why; kept in the audit trail.")
    operator: Text | None = Field(
        None, description="Who; over HTTP taken from the credentials, never from the body."
    )


class PersonFields(Traced):
    """An identity's data; what is absent stays as it is."""

    identity_name: Text | None = Field(None, description="The name to give.")
    user_type: UserTypeField | None = Field(
        None, description="employee, visitor, blacklist, stranger, vip, or 1..5 in that order."
    )
    permission_ids: list[Id] | None = Field(
        None, max_length=1000, description="Every group must exist."
    )
    ext_info: (
        Annotated[dict[str, Any], Field(max_length=1000), AfterValidator(_storable)] | None
    ) = Field(None, description="Merged; null removes a key.")


class PhotoFields(Traced):
    """A new photo to be registered."""

    register_image: Photo64 | None = Field(None, description="Base64, or a data: URI.")
    register_image_path: Path | None = Field(None, description="On the server, allowed roots only.")
    fiqa_level: LevelField = Field("high", description="no, low, normal (middle), high.")
    face_index: int | None = Field(
        None, ge=0, le=MAX_NUMBER, description="Which face; the largest if not sent."
    )
    dry_run: bool = Field(False, description="Everything but the write.")
    identity_check: CheckMode | None = Field(
        None, description="Is it the same person? The server's setting if not sent."
    )
    duplicate_check: CheckMode | None = Field(
        None, description="Is it somebody else's face? The server's setting if not sent."
    )

    @property
    def has_photo(self) -> bool:
        """Whether a photo came with the request, in either field."""
        return bool(self.register_image or self.register_image_path)


class UpdateImageRequest(PersonFields, PhotoFields):
    """``updateimage``: replace one registered photo of an identity."""

    sole_photo_suffices: ClassVar[bool] = False

    identity_id: Id = Field(description="Whose.")
    register_image_id: Id | None = Field(None, description="Photo to replace; wins over face_id.")
    face_id: Id | None = Field(None, description="Face to replace.")
    register_image_index: int | None = Field(
        None,
        ge=0,
        le=MAX_NUMBER,
        description="Photo to replace by its place, 0 = first (the later spelling).",
    )
    expected_version: int | None = Field(
        None, ge=0, le=MAX_NUMBER, description="40901 when it is another."
    )


class OldUpdateImageRequest(UpdateImageRequest):
    """The same call in its old spelling, where an identity's only photo need not be named."""

    sole_photo_suffices: ClassVar[bool] = True


class CreateIdentityRequest(PersonFields, PhotoFields):
    """``createidentity``: a new identity with one photo."""

    identity_id: Id | None = Field(None, description="Generated when not sent.")


class AddFaceRequest(PhotoFields):
    """``addface``: one more photo for an identity, at the end."""

    identity_id: Id = Field(description="Whose.")
    expected_version: int | None = Field(
        None, ge=0, le=MAX_NUMBER, description="40901 when it is another."
    )


class DeleteFaceRequest(Traced):
    """``deleteface``: remove one photo; never the last."""

    identity_id: Id = Field(description="Whose.")
    register_image_id: Id | None = Field(None, description="Photo to remove; wins over face_id.")
    face_id: Id | None = Field(None, description="Face to remove.")


class IdentityRequest(Request):
    """``getidentity``."""

    identity_id: Id = Field(description="Whose.")


class UpdateIdentityRequest(PersonFields):
    """``updateidentity``: data only."""

    identity_id: Id = Field(description="Whose.")
    expected_version: int | None = Field(
        None, ge=0, le=MAX_NUMBER, description="40901 when it is another."
    )


class Filters(Request):
    """Which identities to list."""

    identity_id: Id | None = Field(None, description="Just this one.")
    identity_name: Text | None = Field(None, description="A part of the name.")
    permission_id_list: list[Id] | None = Field(
        None, max_length=1000, description="In any of these groups."
    )
    user_type: UserTypeField | None = Field(None, description="Of this type.")


class ListIdentitiesRequest(Request):
    """``getidentities``; an empty request lists the first page."""

    may_be_empty: ClassVar[bool] = True

    filters: Filters = Field(Filters(), description="Which ones; all if not sent.")
    page_index: int = Field(0, ge=0, le=1_000_000, description="Which page, 0 = first.")
    page_limit: int = Field(10, ge=1, le=200, description="Identities on a page.")


class DeleteIdentitiesRequest(Traced):
    """``deleteidentities``."""

    identity_ids: list[Id] = Field(min_length=1, max_length=1000, description="Who to remove.")


class RegisterImageRequest(Request):
    """``getregisterimage``."""

    register_image_id: Id = Field(description="Which photo.")


class ImageRequest(Request):
    """A photo to look at, nothing is stored."""

    image: Photo64 | None = Field(
        None, validation_alias=_IMAGE, description="Base64, or a data: URI."
    )
    image_path: Path | None = Field(
        None, validation_alias=_IMAGE_PATH, description="On the server, allowed roots only."
    )


class FiqaRequest(ImageRequest):
    """``fiqa``: judge a photo."""

    fiqa_level: LevelField = Field("high", description="no, low, normal (middle), high.")
    face_index: int | None = Field(
        None, ge=0, le=MAX_NUMBER, description="Which face; the largest if not sent."
    )


class DetectRequest(ImageRequest):
    """``detect``: all faces of a photo."""


class SearchRequest(ImageRequest):
    """``search``: who is it."""

    top: int = Field(5, ge=1, le=100, description="How many to list.")


class CompareRequest(Request):
    """``compare``: are these two the same person."""

    image_1: Photo64 | None = Field(
        None,
        validation_alias=AliasChoices("image_1", "image_1_base64", "image_1_base64_str"),
        description="The first photo, as in fiqa.",
    )
    image_1_path: Path | None = Field(
        None, description="The first photo, by its path on the server."
    )
    image_2: Photo64 | None = Field(
        None,
        validation_alias=AliasChoices("image_2", "image_2_base64", "image_2_base64_str"),
        description="The second photo, as in fiqa.",
    )
    image_2_path: Path | None = Field(
        None, description="The second photo, by its path on the server."
    )


class CreatePermissionRequest(Traced):
    """``createpermission``: a new permission group."""

    permission_name: Annotated[
        str, StringConstraints(min_length=1, max_length=200), BeforeValidator(_clean_text)
    ] = Field(description="Its name; no other group has it.")


class ListPermissionsRequest(Request):
    """``getpermissions``; takes nothing."""

    may_be_empty: ClassVar[bool] = True
