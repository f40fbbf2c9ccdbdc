"""Who is at the page, and what they may do: asked at every run and before every change.

What a role may not do is grey with a reason, or absent; but a button was drawn a while ago, so
each change asks ``actor`` anew, at the moment it happens.
"""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.errors import StreamlitAuthError

from core.access.door import Visitor
from core.access.roles import EVERYBODY, LEAST, Principal, may, require
from core.contract.fields import Level, Role
from core.desk import Desk
from core.errors import AccessError, Forbidden, Unauthorized
from core.gallery.records import Actor
from pages.parts.texts import error_text, plain, t

SESSION = "signed_in"


def let_in(desk: Desk, right: str, head: DeltaGenerator) -> None:
    """Go on with somebody who may see this page, or end it with a form or a sentence."""
    try:
        who = principal(desk)
        require(who.role, right)
    except Unauthorized:
        st.session_state.pop(SESSION, None)
        _ask(desk)
        st.stop()
    except Forbidden as error:
        _refused(desk, "page", error)
        st.error(error_text(error))
        _sign_out(desk)
        st.stop()
    st.session_state.role = who.role
    if who.name:
        with head.popover(plain(who.name), width="stretch"):
            st.caption(t("access.who", name=plain(who.name), role=t(f"role.{who.role}")))
            _sign_out(desk)


def principal(desk: Desk) -> Principal:
    """Who is at the page. Raises Unauthorized, Forbidden."""
    access = desk.settings.access
    if access == "open":
        return EVERYBODY
    if access == "proxy":  # the gate has removed the header unless a believed proxy sent it
        return desk.door.proxied(st.context.headers.get(desk.settings.proxy_user_header, ""))
    if access == "oidc":
        claims = st.user.to_dict()
        if not claims.get("is_logged_in"):
            raise Unauthorized()
        return desk.door.claimed(claims)
    session = st.session_state.get(SESSION)
    if session is None:
        raise Unauthorized()
    return desk.door.resume(session)


def actor(desk: Desk, *rights: str) -> Actor:
    """Who makes this change. Raises Unauthorized, Forbidden; a refusal is recorded."""
    who = None
    try:
        who = principal(desk)
        for right in rights:
            require(who.role, right)
    except AccessError as error:
        _refused(desk, rights[0], error, who)
        raise
    return who.actor("page", visitor().address)


def registering(right: str, level: Level, red_card: bool) -> tuple[str, ...]:
    """The rights it takes to register a photo at that level, past a red card or not."""
    special = (("level_no", level == "no"), ("override", red_card))
    return (right, *(name for name, needed in special if needed))


def allowed(right: str) -> bool:
    """Whether to offer it: as this run of the page began."""
    return may(_role(), right)


def why_not(*rights: str) -> str:
    """Why something is grey; empty when it is not."""
    for right in rights:
        if not allowed(right):
            if right in ("level_no", "override"):
                return t(f"need.{right}")
            least = LEAST.get(right, "admin")
            return t("access.need", role=t(f"role.{_role()}"), least=t(f"role.{least}"))
    return ""


def _role() -> Role:
    role: Role = st.session_state.get("role", "viewer")
    return role


def visitor() -> Visitor:
    """Where the browser is; Streamlit gives no address for this very machine."""
    address = st.context.ip_address
    return Visitor(address if isinstance(address, str) else "127.0.0.1", source="page")


def _refused(desk: Desk, action: str, error: AccessError, who: Principal | None = None) -> None:
    here = visitor()
    desk.door.refused(action, error, here, who.actor("page", here.address) if who else None)


def _ask(desk: Desk) -> None:
    """The way in, as the settings have it."""
    with st.columns([1, 1.2, 1])[1], st.container(border=True):
        st.markdown(f"##### {t('access.title')}")
        if desk.settings.access == "accounts":
            _form(desk)
        elif desk.settings.access == "oidc":
            _provider()
        else:
            st.error(t("access.proxy"))


def _form(desk: Desk) -> None:
    with st.form("sign_in", border=False):
        name = st.text_input(t("access.name"), key="sign_in_name", autocomplete="username")
        password = st.text_input(
            t("access.password"),
            type="password",
            key="sign_in_password",
            autocomplete="current-password",
        )
        if not st.form_submit_button(t("access.sign_in"), type="primary", width="stretch"):
            return
    try:
        st.session_state[SESSION] = desk.door.sign_in(name.strip(), password, visitor())
    except AccessError as error:
        tried = Actor(name.strip()[:200], "page")
        desk.door.refused("sign_in", error, visitor(), tried)
        st.error(error_text(error))
        return
    st.rerun()


def _provider() -> None:
    st.write(t("access.oidc"))
    if st.button(t("access.sign_in"), type="primary", width="stretch", key="oidc"):
        try:
            st.login()
        except StreamlitAuthError:
            st.error(t("access.oidc_unready"))


def _sign_out(desk: Desk) -> None:
    """The way out, where there is one here: a proxy's is the proxy's."""
    way = {"accounts": _forget, "oidc": st.logout}.get(desk.settings.access)
    if way:
        st.button(t("access.sign_out"), key="sign_out", width="stretch", on_click=way)


def _forget() -> None:
    """End the session, and everything it had on the screen."""
    language = st.session_state.get("language")
    st.session_state.clear()
    if language:
        st.session_state.language = language
