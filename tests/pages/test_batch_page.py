"""The batch page: dry run, choice, run, result, undo; and what goes wrong on the way."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from core.batch.checking import check_batch
from core.batch.records import Order
from core.batch.running import run_batch
from core.batch.shelf import FOLDER, Shelf, shelf_of
from core.batch.sources import caps_of
from core.batch.zip_source import ZipSource
from core.desk import Desk
from core.gallery.records import AuditEntry, AuditFilter, IdentityChange
from core.settings import Settings
from tests.pages.conftest import TESTER, Open, has_button, html, photo_ids, press, said
from tests.pages.test_texts import english, everything

Photos = dict[str, bytes]


@pytest.fixture(autouse=True)
def own_data(desk: Desk, tmp_path: Path) -> Iterable[None]:
    """Batches of one test are not those of another."""
    desk.settings = desk.settings.model_copy(
        update={"data": tmp_path / "own", "image_roots": str(tmp_path)}
    )
    # Cached properties belong to the first settings.
    desk.settings.__dict__.pop("image_root_folders", None)
    yield


def packed(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


@pytest.fixture
def archive(photos: Photos) -> bytes:
    """One that passes, one of somebody else, one that is not sharp, one for nobody."""
    return packed(
        {
            "001_1.jpg": photos["good"],
            "001_2.jpg": photos["other"],
            "001_3.jpg": photos["blurred"],
            "999.jpg": photos["good"],
        }
    )


def wait(app: AppTest) -> AppTest:
    """Until the page shows no work on its way any more, as its own reruns would have it."""
    end = time.monotonic() + 60
    while any((button.key or "").startswith("cancel_") for button in app.button):
        assert time.monotonic() < end
        time.sleep(0.05)
        app.run()
        assert not app.exception
    return app


def check(app: AppTest, archive: bytes, csv: bytes | None = None) -> AppTest:
    """Upload, press the button, wait for the dry run."""
    zip_key = next(w.key for w in app.file_uploader if w.key.startswith("batch_zip"))
    app.file_uploader(key=zip_key).set_value(("new.zip", archive, "application/zip"))
    if csv is not None:
        csv_key = zip_key.replace("zip", "csv")
        app.file_uploader(key=csv_key).set_value(("map.csv", csv, "text/csv"))
    app.run()
    press(app, "batch_check")
    return wait(app)


def test_from_upload_to_undo(desk: Desk, open_page: Open, archive: bytes) -> None:
    before = photo_ids(desk, "001")
    app = check(open_page("batch"), archive)
    shown = html(app)
    assert shown.count("<tr class=") == 4 and shown.count("fd-thumb") == 3 + 3
    assert "1 ready" in shown and "1 need a decision" in shown and "2 refused" in shown
    assert "high needs" in shown and "Nobody is registered under the id 999" in shown
    assert "looks like 002" in shown
    assert photo_ids(desk, "001") == before
    assert app.button(key="batch_run").label == "Replace photos (1)"
    wait(press(app, "batch_run"))
    shown = html(app)
    assert "1 replaced" in shown and "3 left out" in shown
    after = photo_ids(desk, "001")
    assert after[0] != before[0] and after[1:] == before[1:]
    wait(press(app, "batch_undo"))
    assert "1 restored" in html(app) and not has_button(app, "batch_undo")
    assert (
        desk.gallery.photo(photo_ids(desk, "001")[0]).sha256 == desk.gallery.photo(before[0]).sha256
    )


def test_an_objection_takes_a_choice_and_a_reason(
    desk: Desk, open_page: Open, archive: bytes
) -> None:
    app = check(open_page("batch"), archive)
    box = next(w for w in app.multiselect if w.key.startswith("batch_accept"))
    assert len(box.options) == 1 and "Another person" in box.options[0]
    box.select(2).run()
    assert app.button(key="batch_run").disabled
    next(w for w in app.text_input if w.key.startswith("batch_reason")).input("I saw them").run()
    assert app.button(key="batch_run").label == "Replace photos (2)"
    wait(press(app, "batch_run"))
    assert "2 replaced" in html(app)
    rows = desk.gallery.history(AuditFilter(actions=("replace",)), 0, 9).rows
    assert {row.entry.reason for row in rows} == {"I saw them"}
    assert all(row.entry.actor.request_id.startswith("batch-") for row in rows)


def test_a_change_of_level_runs_no_model(
    desk: Desk, open_page: Open, archive: bytes, engine: object
) -> None:
    app = check(open_page("batch"), archive)
    runs = engine.runs  # type: ignore[attr-defined]
    level = next(w for w in app.button_group if w.key.startswith("batch_level"))
    level.set_value("no").run()
    assert engine.runs == runs  # type: ignore[attr-defined]
    assert "2 ready" in html(app) and "1 refused" in html(app)


def test_only_problems(desk: Desk, open_page: Open, archive: bytes) -> None:
    app = check(open_page("batch"), archive)
    app.toggle[0].set_value(True).run()
    assert html(app).count("<tr class=") == 3 and "fd-is-ready" not in html(app)


def test_discard_leaves_nothing(desk: Desk, open_page: Open, archive: bytes) -> None:
    app = check(open_page("batch"), archive)
    press(app, "batch_discard")
    assert "no photo was changed" in said(app.success)
    assert not list((desk.settings.data / FOLDER).iterdir()) and app.file_uploader


def test_by_path_with_a_csv(desk: Desk, open_page: Open, photos: Photos, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(photos["good"])
    app = open_page("batch")
    next(w for w in app.button_group if w.key == "batch_source").set_value("path").run()
    app.text_input(key="batch_path").input(str(folder)).run()
    table = b"identity_id,register_image_index,file\n001,2,a.jpg\n"
    app.file_uploader[0].set_value(("map.csv", table, "text/csv")).run()
    wait(press(app, "batch_check"))
    assert "photo 3" in html(app) and "1 ready" in html(app)


@pytest.mark.parametrize(
    ("archive", "csv", "says", "zh"),
    [
        (b"junk", None, "not a ZIP", "不是 ZIP"),
        (packed({}), None, "no file in it", "没有文件"),
        (packed({"a.jpg": b"x"}), b"name\n1\n", "lacks the column", "缺少列"),
        (packed({f"{n}.jpg": b"" for n in range(30)}), None, "may hold 20 files", "最多 20"),
    ],
)
@pytest.mark.parametrize("locale", ["en", "zh-CN"])
def test_what_cannot_be_is_a_sentence(
    desk: Desk,
    open_page: Open,
    archive: bytes,
    csv: bytes | None,
    says: str,
    zh: str,
    locale: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ContextProxy, "locale", locale)
    desk.settings = desk.settings.model_copy(update={"max_batch_photos": 20})
    app = check(open_page("batch"), archive, csv)
    assert (says if locale == "en" else zh) in said(app.error)
    assert not shelf_of(desk).listed() and app.file_uploader


def test_a_path_outside_is_refused(desk: Desk, open_page: Open) -> None:
    app = open_page("batch")
    next(w for w in app.button_group if w.key == "batch_source").set_value("path").run()
    app.text_input(key="batch_path").input("/etc").run()
    press(app, "batch_check")
    assert "no such folder" in said(app.error)


def stopped_batch(desk: Desk, archive: bytes) -> str:
    """A batch that stopped before its one row, as after a restart."""
    source = ZipSource(io.BytesIO(archive), "new.zip", caps_of(desk.settings))
    batch_id = check_batch(desk, shelf_of(desk), source, "high", "op")

    def stop(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_batch(desk, shelf_of(desk).open(batch_id), Order("high"), TESTER, stop)
    return batch_id


def test_what_a_restart_stopped_is_listed_and_goes_on(
    desk: Desk, open_page: Open, archive: bytes
) -> None:
    batch_id = stopped_batch(desk, archive)
    app = open_page("batch")
    assert "stopped on the way" in html(app)
    press(app, f"batch_open_{batch_id}")
    wait(press(app, "batch_resume"))
    assert "1 replaced" in html(app)


def test_the_rest_of_a_stopped_batch_can_be_left(
    desk: Desk, open_page: Open, archive: bytes
) -> None:
    app = open_page("batch")
    app.query_params["batch"] = stopped_batch(desk, archive)
    app.run()
    press(app, "batch_end")
    assert "no photo was changed" in said(app.success) and not shelf_of(desk).listed()


def test_somebody_changed_meanwhile_is_a_failed_row(
    desk: Desk, open_page: Open, archive: bytes
) -> None:
    app = check(open_page("batch"), archive)
    change, entry = IdentityChange(name="new"), AuditEntry("update", identity_id="001")
    desk.gallery.update_identity("001", change, None, entry)
    wait(press(app, "batch_run"))
    assert "1 failed" in html(app) and "Somebody else changed" in html(app)


def test_a_batch_that_is_gone(desk: Desk, open_page: Open) -> None:
    app = open_page("batch")
    app.query_params["batch"] = "20261124-101112-123456"
    app.run()
    assert "not there any more" in said(app.warning)
    press(app, "batch_back")
    assert app.file_uploader


def test_a_cancelled_run_can_go_on(desk: Desk, open_page: Open, archive: bytes) -> None:
    app = check(open_page("batch"), archive)
    folder = shelf_of(desk).open("".join(app.query_params["batch"]))
    folder.record(Order("high"))
    app.run()
    assert has_button(app, "batch_resume") and "stopped after 0 of 1" in said(app.markdown)


def test_no_english_on_the_chinese_page(
    desk: Desk, open_page: Open, archive: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ContextProxy, "locale", "zh-CN")
    app = open_page("batch")
    words = set(english(everything(app)))
    known = {"jpg", "identity", "id", "register", "image", "index", "file", "IMG", "ZIP"}
    assert words <= known
    check(app, archive)
    own = known | {"new", "zip", "UTC"}
    assert "需要决定" in html(app) and set(english(everything(app))) <= own
    wait(press(app, "batch_run"))
    assert "已替换" in html(app) and set(english(everything(app))) <= own


def test_names_are_escaped(desk: Desk, open_page: Open) -> None:
    app = check(open_page("batch"), packed({"<img src=x onerror=y>.jpg": b"x"}))
    assert "<img src=x" not in html(app) and "&lt;img src=x" in html(app)


def test_the_shelf_is_the_desks(desk: Desk, page_settings: Settings) -> None:
    assert isinstance(shelf_of(desk), Shelf) and desk.settings.data != page_settings.data
