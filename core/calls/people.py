"""The calls on identities and permission groups."""

from __future__ import annotations

from dataclasses import replace

from core import answers
from core.contract import answers as a
from core.contract import requests as r
from core.desk import Desk
from core.gallery.records import Actor, AuditEntry, IdentityChange, IdentityFilter


def signed(actor: Actor, request: r.Traced) -> Actor:
    """The actor with the operator the request names, unless the door has told who it is."""
    if actor.source == "api":
        return actor
    return replace(actor, operator=actor.operator or request.operator or "")


def change_of(request: r.PersonFields) -> IdentityChange:
    """The data fields a request changes."""
    groups = request.permission_ids
    return IdentityChange(
        name=request.identity_name,
        user_type=request.user_type,
        permission_ids=None if groups is None else tuple(dict.fromkeys(groups)),
        ext_info=request.ext_info,
    )


def get_identity(desk: Desk, request: r.IdentityRequest, actor: Actor) -> a.IdentityAnswer:
    """One identity."""
    identity = desk.gallery.identity(request.identity_id)
    return a.IdentityAnswer(identity=answers.identity_body(identity))


def list_identities(
    desk: Desk, request: r.ListIdentitiesRequest, actor: Actor
) -> a.ListIdentitiesAnswer:
    """Identities by filter, a page at a time."""
    f = request.filters
    wanted = IdentityFilter(
        identity_id=f.identity_id or "",
        name_contains=f.identity_name or "",
        permission_ids=tuple(f.permission_id_list or ()),
        user_type=f.user_type,
    )
    page = desk.gallery.list_identities(wanted, request.page_index, request.page_limit)
    return a.ListIdentitiesAnswer(
        identities=[answers.identity_body(identity) for identity in page.identities],
        pagination=a.Pagination(
            page_index=request.page_index, page_limit=request.page_limit, total=page.total
        ),
    )


def update_identity(desk: Desk, request: r.UpdateIdentityRequest, actor: Actor) -> a.IdentityAnswer:
    """Change an identity's data."""
    entry = AuditEntry(
        "update",
        identity_id=request.identity_id,
        reason=request.reason or "",
        actor=signed(actor, request),
    )
    receipt = desk.gallery.update_identity(
        request.identity_id,
        change_of(request),
        expected_version=request.expected_version,
        audit=entry,
    )
    return a.IdentityAnswer(identity=answers.identity_body(receipt.identity))


def delete_identities(
    desk: Desk, request: r.DeleteIdentitiesRequest, actor: Actor
) -> a.DeleteIdentitiesAnswer:
    """Remove identities with all their photos; unknown ids are listed as failed."""
    ids = tuple(dict.fromkeys(request.identity_ids))
    done, failed = desk.gallery.delete_identities(ids, signed(actor, request))
    return a.DeleteIdentitiesAnswer(
        success_identity_ids=list(done), failed_identity_ids=list(failed)
    )


def create_permission(
    desk: Desk, request: r.CreatePermissionRequest, actor: Actor
) -> a.PermissionAnswer:
    """A new permission group."""
    group = desk.gallery.create_group(request.permission_name, signed(actor, request))
    return a.PermissionAnswer(permission=answers.permission_body(group))


def list_permissions(
    desk: Desk, request: r.ListPermissionsRequest, actor: Actor
) -> a.ListPermissionsAnswer:
    """All permission groups."""
    return a.ListPermissionsAnswer(
        permissions=[answers.permission_body(group) for group in desk.gallery.groups()]
    )
