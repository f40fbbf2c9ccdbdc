"""Python reads this at its start when its folder is on PYTHONPATH: another catalogue of packs.

``TOY_CATALOGUE`` names a JSON file with the one pack that the server under test knows.
"""

import json
import os
from pathlib import Path
from typing import Any

from core.engine import catalogue


def toy_pack(raw: dict[str, Any]) -> catalogue.Pack:
    archive = catalogue.Download("toy.zip", (raw["url"],), raw["size"], raw["sha256"])
    files = tuple(catalogue.ModelFile(name, role) for name, role in raw["files"].items())
    note = catalogue.Words("for tests", "测试用")
    return catalogue.Pack("toy", "insightface", files, catalogue.RESEARCH, note, archive)


catalogue.PACKS = (toy_pack(json.loads(Path(os.environ["TOY_CATALOGUE"]).read_text("utf-8"))),)
