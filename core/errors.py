"""Everything that can go wrong, as one tree.

FaceDeskError
├── BadRequest                    40000  body is not a JSON object
│   ├── UnsupportedContentType    40001
│   ├── EmptyRequest              40002
│   └── ParameterError            40091  missing, wrong type, out of range, unknown
├── PhotoError
│   ├── ImageError                40003  not an image we accept
│   ├── NoFace                    40004
│   ├── LowQuality                40006  FIQA below the level
│   ├── ImageTooLarge             40007
│   └── BadFeature                40010  no usable embedding
├── AccessError
│   ├── Unauthorized              40100
│   ├── Forbidden                 40300
│   ├── MethodNotAllowed          40500
│   ├── PayloadTooLarge           41300
│   └── TooManyRequests           42900
├── GalleryError
│   ├── IdentityExists            40011
│   ├── GalleryFull               40015
│   ├── NotFound                  40401  identity, photo or face
│   ├── PermissionNotFound        40402
│   ├── VersionConflict           40901
│   ├── NotSamePerson             40902
│   ├── DuplicatePerson           40903
│   └── RequestIdReused           40905
└── ServerError                   50072  anything unforeseen
    ├── NotReady                  50300  engine or database not available
    └── NoSpaceLeft               50700

Each class holds its ``code``, HTTP number, stable ``status`` name (the family's
spelling, kept as documented) and one default sentence. The message is for a
person who has to act; it never holds a path, SQL, a traceback or library text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar


class FaceDeskError(Exception):
    """Root of the tree: a code, an HTTP number, a status name and a sentence.

    Args:
        message: a sentence a person can act on; the class's own when omitted.
        details: JSON-serialisable facts behind the sentence.

    Attributes:
        audited: whether the audit holds this refusal already, so that it is noted once.
    """

    code: ClassVar[int] = 50072
    http: ClassVar[int] = 500
    status: ClassVar[str] = "SERVER_PROCESS_FAILED"
    sentence: ClassVar[str] = (
        "Something unforeseen went wrong; nothing was changed. See the server's log."
    )

    def __init__(self, message: str | None = None, **details: Any) -> None:
        super().__init__(message or self.sentence)
        self.message = message or self.sentence
        self.details = details
        self.audited = False


class BadRequest(FaceDeskError):
    code, http, status = 40000, 400, "BAD_REQUEST"
    sentence = "The body must be one JSON object."


class UnsupportedContentType(BadRequest):
    code, http, status = 40001, 415, "UNSUPPORT_CONTENT_TYPE"
    sentence = "Send the request as application/json."


class EmptyRequest(BadRequest):
    code, http, status = 40002, 400, "EMPTY_REQUEST_JSON"
    sentence = "The request is empty; send a JSON object with the documented fields."


class ParameterError(BadRequest):
    code, http, status = 40091, 400, "PARAM_ERROR"
    sentence = "A parameter is missing or wrong."


class PhotoError(FaceDeskError):
    code, http, status = 40003, 400, "IMAGE_ERROR"
    sentence = "The photo cannot be read; send a JPEG, PNG, WebP or BMP file."


class ImageError(PhotoError):
    pass


class NoFace(PhotoError):
    code, http, status = 40004, 422, "NO_FACE"
    sentence = "No face was found; use a photo that shows the person's face from the front."


class LowQuality(PhotoError):
    code, http, status = 40006, 422, "LOW_QUALITY_ERROR"
    sentence = "The photo's quality is below the level asked for."


class ImageTooLarge(PhotoError):
    code, http, status = 40007, 413, "IMAGE_SIZE_TOO_LARGE_ERROR"
    sentence = "The photo is too large; send a smaller one."


class BadFeature(PhotoError):
    code, http, status = 40010, 422, "BAD_FEATURE_ERROR"
    sentence = "No usable embedding could be computed from this face; take another photo."


class AccessError(FaceDeskError):
    code, http, status = 40300, 403, "FORBIDDEN"
    sentence = "You are not allowed to do this."


class Unauthorized(AccessError):
    code, http, status = 40100, 401, "UNAUTHORIZED"
    sentence = "Sign in, or send a valid token."


class Forbidden(AccessError):
    pass


class MethodNotAllowed(AccessError):
    code, http, status = 40500, 405, "METHOD_NOT_ALLOWED"
    sentence = "This address does not answer that HTTP method."


class PayloadTooLarge(AccessError):
    code, http, status = 41300, 413, "PAYLOAD_TOO_LARGE"
    sentence = "The request's body is too large; send a smaller photo."


class TooManyRequests(AccessError):
    code, http, status = 42900, 429, "TOO_MANY_REQUESTS"
    sentence = "Too many requests at once; try again shortly."


class GalleryError(FaceDeskError):
    code, http, status = 40401, 404, "ID_NOT_FOUND"
    sentence = "No such identity, photo or face."


class IdentityExists(GalleryError):
    code, http, status = 40011, 409, "IDENTITY_EXSIT_ERROR"
    sentence = "An identity with this id exists already."


class GalleryFull(GalleryError):
    code, http, status = 40015, 409, "GROUP_LEN_ERROR"
    sentence = "The gallery is full; remove identities or photos first."


class NotFound(GalleryError):
    pass


class PermissionNotFound(GalleryError):
    code, http, status = 40402, 404, "PERMISSION_ID_NOT_FOUND"
    sentence = "No such permission group."


class VersionConflict(GalleryError):
    code, http, status = 40901, 409, "VERSION_CONFLICT"
    sentence = "Somebody else changed this identity meanwhile; read it again and retry."


class NotSamePerson(GalleryError):
    code, http, status = 40902, 409, "NOT_SAME_PERSON"
    sentence = "The new photo does not show the registered person."


class DuplicatePerson(GalleryError):
    code, http, status = 40903, 409, "DUPLICATE_PERSON"
    sentence = "The new photo shows somebody who is registered under another identity."


class RequestIdReused(GalleryError):
    code, http, status = 40905, 409, "REQUEST_ID_REUSED"
    sentence = "This request_id was used before with other content; take a new one."


class ServerError(FaceDeskError):
    pass


class NotReady(ServerError):
    code, http, status = 50300, 503, "NOT_READY"
    sentence = "The face engine or the database is not ready; try again shortly."


class NoSpaceLeft(ServerError):
    code, http, status = 50700, 507, "INSUFFICIENT_SPACE_LEFT"
    sentence = "The disk is full; nothing was changed."


def code_table() -> list[type[FaceDeskError]]:
    """Every class with a code of its own, by code (one row a code)."""

    def walk(cls: type[FaceDeskError]) -> Iterator[type[FaceDeskError]]:
        yield cls
        for child in cls.__subclasses__():
            yield from walk(child)

    leaves: dict[int, type[FaceDeskError]] = {}
    for cls in walk(FaceDeskError):
        leaves[cls.code] = cls
    return [leaves[code] for code in sorted(leaves)]
