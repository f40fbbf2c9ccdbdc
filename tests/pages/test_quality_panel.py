"""The quality panel: what a guard reads, in both languages, and the table for QA."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.contract.fields import Level
from core.engine.base import Face
from core.fiqa.examine import examine
from core.fiqa.measures import MEASURERS
from core.fiqa.policy import load_policy
from core.fiqa.report import LIVENESS, Measure, Report
from core.imaging.align import ARCFACE_112
from core.quality_table import OFIQ_MEASURES, measure_rows
from pages.parts.measure_names import MEASURE_NAMES

ROOT = Path(__file__).resolve().parents[2]


def picture() -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, 1, (400, 400)).astype(np.float32)
    shade = sum(
        b / b.std() for b in (cv2.GaussianBlur(noise, (0, 0), s) for s in (1, 2, 4, 8, 16, 32))
    )
    skin = np.array([120, 150, 195], np.float32)
    return (skin * (1 + 0.06 * shade[:, :, None])).clip(0, 255).astype(np.uint8)


def report(zoom: float = 2.0, liveness: float | None = None, score: float = 0.9) -> Report:
    box = np.array([18, 8, 94, 112], np.float32) * zoom + 60
    face = Face(box, ARCFACE_112 * np.float32(zoom) + 60, score)

    def live(_view):
        if liveness is not None:
            yield Measure(LIVENESS, liveness, "", round(100 * liveness), "model", "MiniFASNet")

    return examine(picture(), 1.0, [face], 0, load_policy(), (*MEASURERS, live))


def script() -> None:
    import streamlit as st

    from pages.parts.measures import measures_table
    from pages.parts.quality import quality_panel

    quality_panel(st.session_state.report, st.session_state.level)
    measures_table(st.session_state.report, "fiqa-abc")


Show = Callable[..., AppTest]


@pytest.fixture
def show() -> Show:
    def show(shown: Report, level: Level = "high", language: str = "en") -> AppTest:
        app = AppTest.from_function(script)
        app.session_state.report = shown
        app.session_state.level = level
        app.session_state.language = language
        app.run()
        assert not app.exception
        return app

    return show


def html(app: AppTest) -> str:
    return "".join(element.proto.body for element in app.get("html"))


def test_a_good_photo_says_that_nothing_is_to_do(show: Show):
    text = html(show(report()))
    assert "Passes “high”" in text and "Nothing to do" in text
    assert text.count('<th scope="row">') == 9
    assert "Not checked: Covered face, Eyes open, Overall quality" in text
    assert "needs a model that is not installed" in text
    assert "Liveness" not in text


def test_what_fails_comes_first_with_value_limit_and_advice(show: Show):
    text = html(show(report(1.2)))
    assert "Fails “high”" in text and "Nothing to do" not in text
    first = text[text.index("<tbody>") :]
    assert first.index("Face size") < first.index("Sharpness")
    assert "91 px" in text and "≥ 112 px" in text
    assert "91 px wide, high needs 112: move closer" in text
    assert "passes" in html(show(report(1.2), "normal"))


def test_what_could_not_be_measured_is_a_reason_not_a_gap(show: Show):
    broken = report(score=float("nan"))
    text = html(show(broken))
    assert "could not be measured in this photo" in text
    assert 'aria-label="could not be measured"' in text


def test_an_effect_names_its_cause(show: Show):
    shown = report(1.2)
    items = [replace(i, hidden_by="face_size") if i.name == "clarity" else i for i in shown.items]
    broken = [
        replace(i, verdicts={**i.verdicts, "high": "fail"}) if i.name == "clarity" else i
        for i in items
    ]
    text = html(show(replace(shown, items=tuple(broken))))
    assert "follows from “Face size”" in text


@pytest.mark.parametrize(("score", "says"), [(0.99, "it decides nothing"), (0.01, "printed photo")])
def test_liveness_has_a_line_of_its_own(show: Show, score: float, says: str):
    text = html(show(report(liveness=score)))
    assert f"Liveness score {round(100 * score)} of 100." in text and says in text
    assert "Passes “high”" in text


def test_chinese(show: Show):
    app = show(report(1.2, liveness=0.01), language="zh")
    text = html(app)
    for part in ("未达到“高”", "人脸大小", "请靠近镜头", "活体分 1 / 100", "未检查：遮挡"):
        assert part in text
    assert app.get("download_button")[0].proto.label == "导出 CSV"


def test_the_table_holds_all_28_and_what_is_missing_says_so(show: Show):
    app = show(report())
    table = app.dataframe[0].value
    names = list(table["Name in ISO/IEC 29794-5"])
    assert names[:28] == list(OFIQ_MEASURES) and len(OFIQ_MEASURES) == 28
    missing = table[table["Formula"] == "not assessed"]
    assert {"EyesOpen", "Sharpness", "BackgroundUniformity"} <= set(
        missing["Name in ISO/IEC 29794-5"]
    )
    assert missing["Score 0–100"].isna().all()
    assert "15 of the 28 measures" in app.caption[0].value


def test_the_csv_holds_what_the_table_shows():
    from core.quality_table import measures_csv

    def cells(row):
        return [row.measure.name, row.measure.native, row.item, row.counts]

    data = measures_csv(report(), ["name", "native", "item", "counts"], cells)
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    assert rows[0] == ["name", "native", "item", "counts"]
    assert len(rows) - 1 == len(measure_rows(report()))
    yaw = next(row for row in rows if row[0] == "HeadPoseYaw")
    assert yaw[2:] == ["headpose", "True"]


def test_every_measure_has_a_name_in_both_languages():
    from core.fiqa.criteria import CRITERIA

    measured = {m.name for m in report(liveness=0.5).measures}
    wanted = measured | set(OFIQ_MEASURES) | {criterion.measure for criterion in CRITERIA}
    assert set(MEASURE_NAMES) == wanted
    assert all(text.en and text.zh and text.en != text.zh for text in MEASURE_NAMES.values())
