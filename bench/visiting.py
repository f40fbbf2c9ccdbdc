"""A browser's page that knows when Streamlit has come to rest.

Streamlit keeps what stood on a page while its script runs anew, and replaces it piece by piece.
Who reads the page or clicks before the end meets the old piece. The page's web socket tells the
end: a rerun that was asked for, the run it became, and that run's end.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, WebSocket

SHAPE = """async () => {
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    const app = document.querySelector('[data-testid=stApp]');
    const quiet = app?.dataset.testScriptState === 'notRunning'
        && app.dataset.testConnectionState === 'CONNECTED'
        && !document.querySelector('[data-stale=true], [data-testid=stSkeleton]')
        && document.getAnimations().every(
            moves => !(moves instanceof CSSTransition) || moves.playState !== 'running');
    if (!quiet) return '';
    const { scrollWidth, scrollHeight } = document.querySelector('[data-testid=stMain]')
        ?? document.documentElement;
    return [scrollWidth, scrollHeight, document.querySelectorAll('*').length].join();
}"""
"""What changes while a part of the page is still being built: charts come by themselves.

Two frames have been drawn by then: what a click or a key asks for is on its way. Empty while
something moves.
"""
PATIENCE_S = 60.0
STEP_MS = 30


@dataclass
class Runs:
    """What the socket of one page told so far: a run was asked for, a run goes on."""

    asked: bool = True
    going: bool = False

    def sent(self, frame: bytes | str) -> None:
        if (
            isinstance(frame, bytes)
            and BackMsg.FromString(frame).WhichOneof("type") == "rerun_script"
        ):
            self.asked = True

    def received(self, frame: bytes | str) -> None:
        """A message from the server."""
        if not isinstance(frame, bytes):
            return
        message = ForwardMsg.FromString(frame)
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self.asked, self.going = False, True
        elif kind == "script_finished":
            self.going = message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN


_runs: WeakKeyDictionary[Page, Runs] = WeakKeyDictionary()


def visitor(browser: Browser, timeout_s: float = 30, **options: Any) -> BrowserContext:
    """A context of its own, whose pages ``settle`` can wait for; options as Playwright's."""
    context = browser.new_context(**{"locale": "en-US", **options})
    context.set_default_timeout(1000 * timeout_s)
    context.on("page", _listen)
    return context


def _listen(page: Page) -> None:
    def opened(socket: WebSocket) -> None:
        if socket.url.split("?")[0].endswith("/_stcore/stream"):
            runs = _runs[page] = Runs()
            socket.on("framesent", runs.sent)
            socket.on("framereceived", runs.received)

    page.on("websocket", opened)


def settle(page: Page) -> None:
    """Wait until every run that was asked for has ended and what it made is drawn."""
    deadline = time.monotonic() + PATIENCE_S
    before, now = "", page.evaluate(SHAPE)
    while not (_at_rest(page) and now and now == before):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{page.url} does not come to rest")
        before = now if _at_rest(page) else ""
        page.wait_for_timeout(STEP_MS)
        now = page.evaluate(SHAPE) if _at_rest(page) else ""  # nobody asks a page that is at work


def _at_rest(page: Page) -> bool:
    runs = _runs.get(page)
    return runs is not None and not runs.asked and not runs.going
