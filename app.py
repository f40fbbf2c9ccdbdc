"""The front door: builds the house once and hangs both doors, the pages and the HTTP routes.

``streamlit run app.py``, ``uvicorn app:app`` and ``python app.py`` all serve it. Inside a script
run this file is the user interface; imported by the server it is the ASGI application.
"""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

if get_script_run_ctx(suppress_warning=True) is not None:
    from pages.parts.shell import navigate

    navigate()
else:
    from starlette.middleware import Middleware
    from streamlit.runtime.pages_manager import PagesManager

    from core.access.network import UnguardedError, require_guarded
    from core.house import get_desk
    from core.settings import get_settings
    from core.web.api import make_routes
    from core.web.gate import Gate, believe_no_proxy
    from core.web.installing import installing_routes
    from core.web.malformed import answer_malformed
    from core.web.prompt import send_at_once
    from core.web.welcome import opened, say_address

    try:
        require_guarded(get_settings(), st.get_option("server.address"))
    except UnguardedError as error:
        raise SystemExit(str(error)) from None
    # Else a deep link on a fresh server runs its page without this file.
    PagesManager.uses_pages_directory = False
    believe_no_proxy()
    answer_malformed()
    send_at_once()
    app = st.App(
        __file__,
        routes=[*make_routes(get_settings(), get_desk), installing_routes()],
        middleware=[Middleware(Gate, settings=get_settings(), desk=get_desk)],
        lifespan=opened,
    )
    say_address(f"http://{st.get_option('server.address')}:{st.get_option('server.port')}")
    if __name__ == "__main__":
        app.run()
