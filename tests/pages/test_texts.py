"""The two catalogues say the same, everything is used, and the Chinese page is Chinese."""

from __future__ import annotations

import re
from string import Formatter

import pytest
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from core.desk import Desk
from core.errors import FaceDeskError, GalleryError, ParameterError, PhotoError, ServerError
from core.settings import ROOT
from pages.parts.texts import CATALOGUES
from pages.parts.texts_en import EN
from pages.parts.texts_zh import ZH
from tests.pages.conftest import Open, html, open_row, said, upload

KEY = re.compile(r"""["']([a-z]+\.[a-z_0-9]+)["']""")
MADE = re.compile(r"""(?:f["']([a-z]+\.)\{|startswith\(["']([a-z]+\.)["'])""")
"""Keys put together at run time: everything with this beginning counts as used."""

PROPER = re.compile(
    r"ZIP|ROC|FaceDesk|English|JSON|JPEG|PNG|WebP|BMP|HTTP|CSV|OFIQ|MB|POST /\S+"
    r"|FACEDESK_\w+|`[^`]*`|px"
    r"|deg|Gate A|Lab|Jing Chen|Ming Li|Fang Wang|Lin Zhao|Jie Zhou|Ting Wu|Hao Sun"
)


def page_errors() -> set[type[FaceDeskError]]:
    """What a page can meet: everything about photos, the gallery and the server."""
    roots = (PhotoError, GalleryError, ServerError, ParameterError)
    below = {kind for root in roots for kind in root.__subclasses__()}
    return {kind for kind in {*roots, *below} if kind.status != "REQUEST_ID_REUSED"}


def code() -> str:
    files = [p for p in (ROOT / "pages").rglob("*.py") if not p.name.startswith("texts_")]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_both_catalogues_have_the_same_keys() -> None:
    assert set(EN) == {key for key in ZH if not key.startswith("error.")}


@pytest.mark.parametrize("key", EN)
def test_a_sentence_fills_in_the_same_in_both(key: str) -> None:
    assert placeholders(EN[key]) == placeholders(ZH[key])
    assert EN[key].strip() == EN[key] != "" and ZH[key].strip() == ZH[key] != ""


def test_every_key_that_the_code_names_is_there() -> None:
    beginnings = {key.split(".")[0] for key in EN}
    named = {key for key in KEY.findall(code()) if key.split(".")[0] in beginnings}
    assert not {key for key in named if key not in EN and not key.endswith((".py", ".css", ".svg"))}


def test_every_key_is_used() -> None:
    named = set(KEY.findall(code()))
    made = tuple(one or other for one, other in MADE.findall(code()))
    assert not [key for key in EN if key not in named and not key.startswith(made)]


def test_every_error_of_a_page_is_said_in_chinese() -> None:
    assert not [kind.status for kind in page_errors() if f"error.{kind.status}" not in ZH]


def english(texts: str) -> list[str]:
    """Words of two or more Latin letters, but for proper names and units."""
    plain = re.sub(r"<[^>]*>|data:\S+|&\w+;", " ", texts)
    return re.findall(r"[A-Za-z]{2,}", PROPER.sub(" ", plain))


def everything(app: AppTest) -> str:
    """Every text on the page, labels, options and tooltips with them, but for JSON and data."""
    alts = re.findall(r'(?:alt|title|aria-label)="([^"]*)"', html(app))
    lines = [html(app), *alts]
    for kind in ("markdown", "caption", "info", "warning", "error", "success"):
        lines.append(said(app.get(kind)))
    for kind in ("button", "button_group", "text_input", "selectbox", "multiselect", "expander"):
        for element in app.get(kind):
            lines += [element.label, element.proto.help if hasattr(element.proto, "help") else ""]
            lines += element.options if kind in ("button_group", "selectbox", "multiselect") else []
            lines.append(getattr(element.proto, "placeholder", ""))
    lines += [widget.label for widget in app.file_uploader]
    lines += [str(name) for table in app.dataframe for name in table.value.columns]
    return "\n".join(lines)


@pytest.fixture
def chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Chinese browser; AppTest asks for labels outside a session too."""
    monkeypatch.setattr(ContextProxy, "locale", "zh-CN")


@pytest.mark.parametrize("photo", ["good", "blurred", "cut_off", "dark", "group", "other"])
def test_no_english_on_the_chinese_replace_page(
    chinese: None, desk: Desk, open_page: Open, photos: dict[str, bytes], photo: str
) -> None:
    app = open_page(person="001")
    assert not english(everything(app))
    upload(app, photos[photo])
    assert "替换照片" in everything(app) and not english(everything(app))


def test_no_english_after_a_chinese_replacement(
    chinese: None, desk: Desk, open_page: Open, photos: dict[str, bytes]
) -> None:
    app = open_page(person="001")
    upload(app, b"no photo")
    assert app.error and not english(everything(app))
    upload(app, photos["good"])
    app.button(key="confirm").click().run()
    assert app.success and not english(everything(app))
    app.button(key="undo").click().run()
    assert app.info and not english(everything(app))


def test_no_english_on_the_chinese_identities_page(
    chinese: None, desk: Desk, open_page: Open
) -> None:
    app = open_page("identities")
    assert not english(everything(app))
    open_row(app, 0)
    assert "版本" in everything(app) and not english(everything(app))


def test_no_english_in_a_chinese_empty_gallery(
    chinese: None, empty_desk: Desk, open_page: Open
) -> None:
    for page in ("replace", "identities", "health", "verify"):
        assert not english(everything(open_page(page)))


def test_no_english_on_the_chinese_health_and_verify_pages(
    chinese: None, desk: Desk, open_page: Open, photos: dict[str, bytes]
) -> None:
    app = open_page("health")
    assert "优先替换" in everything(app) and not english(everything(app))
    app = open_page("verify")
    app.selectbox(key="verify_person_b").set_value("001").run()
    upload(app, photos["good"], key="verify_a")
    assert "同一人" in everything(app) and not english(everything(app))
    for mode in ("search", "batch"):
        next(w for w in app.button_group if w.key == "verify_mode").set_value(mode).run()
        assert not english(everything(app))
    app.button(key="verify_own").click().run()
    assert "误识率" in everything(app) and not english(everything(app))


def test_english_is_found() -> None:
    assert english("<b class='x'>质量</b> quality of 陈静 Jing Chen (JSON)") == ["quality", "of"]
    assert set(CATALOGUES) == {"en", "zh"}
