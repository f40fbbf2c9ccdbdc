"""Importing people on the page: the list first, then the run, then what became of everybody."""

from __future__ import annotations

import io
import zipfile

from streamlit.testing.v1 import AppTest

from core.demo import sample_photo
from core.desk import Desk
from core.enrolling import COLUMNS
from tests.pages.conftest import Open, has_button, press, said


def archive(**photos: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, data in photos.items():
            made.writestr(f"{name}.jpg", data)
    return out.getvalue()


def offer(app: AppTest, data: bytes, table: bytes | None = None) -> AppTest:
    files = (("import_zip", ("p.zip", data, "application/zip")), ("import_csv", table))
    for key, file in files:
        if file is not None:
            handed = file if isinstance(file, tuple) else ("p.csv", file, "text/csv")
            next(w for w in app.file_uploader if w.key.startswith(key)).set_value(handed)
    app.run()
    return press(app, "import_check")


def ended(app: AppTest, desk: Desk) -> AppTest:
    job = desk.jobs.get(app.session_state["import_job"])
    assert job is not None and job.wait(60)
    return app.run()


def outcomes(app: AppTest) -> list[str]:
    table = next(t for t in app.dataframe if "Outcome" in t.value.columns)
    return list(table.value["Outcome"])


def test_people_are_listed_registered_and_told(empty_desk: Desk, open_page: Open) -> None:
    app = open_page("identities")
    photos = archive(**{"11": sample_photo("001", "good"), "12": b"no photo"})
    table = f"{','.join(COLUMNS)}\n11,11.jpg,Ann,visitor,,\n12,12.jpg,,,,\n13,,,,,\n"
    offer(app, photos, table.encode())
    assert "2 can be registered, 1 cannot." in said(app.markdown)
    assert outcomes(app)[0] == "✔ can be registered" and outcomes(app)[2].startswith("✘ ")
    ended(press(app, "import_run"), empty_desk)
    assert "Registered: 1. Not registered: 2." in said(app.success)
    assert outcomes(app)[0] == "✔ registered" and outcomes(app)[1].startswith("✘ ")
    person = empty_desk.gallery.identity("11")
    assert (person.name, person.user_type) == ("Ann", "visitor")
    press(app, "import_close")
    assert has_button(app, "import_check") and not has_button(app, "import_run")


def test_what_is_no_archive_is_a_sentence(empty_desk: Desk, open_page: Open) -> None:
    app = offer(open_page("identities"), b"no archive")
    assert "not a ZIP file" in said(app.error)
    assert not has_button(app, "import_run")


def test_a_list_can_be_put_away(empty_desk: Desk, open_page: Open) -> None:
    app = offer(open_page("identities"), archive(**{"11": sample_photo("001", "good")}))
    press(app, "import_discard")
    assert not has_button(app, "import_run") and not empty_desk.gallery.count()
