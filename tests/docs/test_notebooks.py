"""The notebooks run against what ships, and print and plot what they show; nothing of them is large."""

from __future__ import annotations

import base64
import copy
import json
from pathlib import Path
from typing import Any

import pytest
from tools.documentation import notebooks
from tools.documentation.notebook_run import run

from .conftest import Shipped

NOTEBOOKS = ("three-questions.ipynb",)


@pytest.fixture(params=NOTEBOOKS)
def notebook(project: Path, request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((project / "docs" / "notebooks" / request.param).read_text(encoding="utf-8"))
    return found


def printed(notebook: dict[str, Any]) -> list[str]:
    streams = (output for cell in notebook["cells"] for output in cell.get("outputs", []) if "text" in output)
    return ["".join(output["text"]) for output in streams]


def plots(notebook: dict[str, Any]) -> list[bytes]:
    outputs = (output for cell in notebook["cells"] for output in cell.get("outputs", []) if "data" in output)
    return [base64.b64decode(output["data"]["image/png"]) for output in outputs]


@pytest.mark.slow
def test_a_run_prints_and_plots_what_the_notebook_shows(notebook: dict[str, Any], shipped: Shipped) -> None:
    pytest.importorskip("matplotlib")
    again = run(copy.deepcopy(notebook), shipped.address)
    assert printed(again) == printed(notebook) and len(printed(notebook)) == 3
    assert len(plots(again)) == len(plots(notebook)) == 3
    for plot in plots(again):
        assert plot.startswith(b"\x89PNG") and len(plot) > 10_000  # an empty one has 3,000 bytes


def test_a_notebook_is_small_and_names_no_place_of_its_author(notebook: dict[str, Any], project: Path) -> None:
    text = json.dumps(notebook)
    assert len(text) < 200_000
    assert "/home/" not in text and str(project) not in text
    assert {cell["cell_type"] for cell in notebook["cells"]} == {"markdown", "code"}


def test_every_notebook_is_tested(project: Path) -> None:
    assert sorted(path.name for path in project.glob("docs/**/*.ipynb")) == sorted(NOTEBOOKS)


def test_a_cell_of_each_kind_becomes_markdown(tmp_path: Path) -> None:
    image = base64.b64encode(b"\x89PNG").decode()
    cells = [
        {"cell_type": "markdown", "source": ["# Title\n", "text"]},
        {
            "cell_type": "code",
            "source": ["# What it shows\n", "plot()"],
            "outputs": [
                {"output_type": "stream", "text": ["one\n"]},
                {"output_type": "display_data", "data": {"image/png": image}},
            ],
        },
    ]
    file = tmp_path / "some.ipynb"
    file.write_text(json.dumps({"cells": cells}))
    text = notebooks.markdown(file)
    assert "# Title\ntext" in text and "```python\n# What it shows\nplot()\n```" in text and "```text\none\n```" in text
    assert "![What it shows](some-1.png)" in text and "[some.ipynb](some.ipynb)" in text
    assert dict(notebooks.images(file)) == {"some-1.png": b"\x89PNG"}


def test_an_endpoint_that_was_set_is_set_again(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    monkeypatch.setenv("HARMGRAPH_ENDPOINT", "elsewhere")
    cell: dict[str, Any] = {"cell_type": "code", "source": ["import os\n", "print(os.environ['HARMGRAPH_ENDPOINT'])"]}
    run({"cells": [cell]}, "http://127.0.0.1:1")
    assert cell["outputs"][0]["text"] == ["http://127.0.0.1:1/sparql\n"]
    assert os.environ["HARMGRAPH_ENDPOINT"] == "elsewhere"
