"""The calls of the contract, one table: name, request, answer and what is done.

The JSON functions in ``core``, the HTTP routes and the OpenAPI document are all made from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.calls import looking, people, photos
from core.contract import answers as a
from core.contract import requests as r
from core.desk import Desk
from core.gallery.records import Actor


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the contract.

    Attributes:
        name: last part of its address.
        function: name of the function in ``core``.
        request, answer: its models.
        run: what is done; raises FaceDeskError.
        action: the audit's word for it when it changes the gallery, else empty.
    """

    name: str
    function: str
    request: type[r.Request]
    answer: type[a.Answer]
    run: Callable[[Desk, Any, Actor], a.Answer]
    action: str = ""


CALLS: tuple[Call, ...] = (
    Call("updateimage", "update_image", r.UpdateImageRequest, a.UpdateImageAnswer,
         photos.update_image, "replace"),
    Call("replaceface", "replace_face", r.UpdateImageRequest, a.UpdateImageAnswer,
         photos.replace_face, "replace"),
    Call("createidentity", "create_identity", r.CreateIdentityRequest, a.UpdateImageAnswer,
         photos.create_identity, "create"),
    Call("addface", "add_face", r.AddFaceRequest, a.UpdateImageAnswer,
         photos.add_face, "add_photo"),
    Call("deleteface", "delete_face", r.DeleteFaceRequest, a.IdentityAnswer,
         photos.delete_face, "delete_photo"),
    Call("getregisterimage", "get_register_image", r.RegisterImageRequest, a.RegisterImageAnswer,
         photos.get_register_image),
    Call("getidentity", "get_identity", r.IdentityRequest, a.IdentityAnswer, people.get_identity),
    Call("getidentities", "list_identities", r.ListIdentitiesRequest, a.ListIdentitiesAnswer,
         people.list_identities),
    Call("updateidentity", "update_identity", r.UpdateIdentityRequest, a.IdentityAnswer,
         people.update_identity, "update"),
    Call("deleteidentities", "delete_identities", r.DeleteIdentitiesRequest,
         a.DeleteIdentitiesAnswer, people.delete_identities, "delete"),
    Call("createpermission", "create_permission", r.CreatePermissionRequest, a.PermissionAnswer,
         people.create_permission, "create_group"),
    Call("getpermissions", "list_permissions", r.ListPermissionsRequest, a.ListPermissionsAnswer,
         people.list_permissions),
    Call("fiqa", "fiqa", r.FiqaRequest, a.FiqaAnswer, looking.fiqa),
    Call("detect", "detect", r.DetectRequest, a.DetectAnswer, looking.detect),
    Call("compare", "compare", r.CompareRequest, a.CompareAnswer, looking.compare),
    Call("search", "search", r.SearchRequest, a.SearchAnswer, looking.search),
)  # fmt: skip

BY_NAME: dict[str, Call] = {call.name: call for call in CALLS}
BY_FUNCTION: dict[str, Call] = {call.function: call for call in CALLS}
