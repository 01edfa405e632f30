"""A notebook → the same with the outputs of a run: what cells print, and their plots as small PNG images.

``python -m tools.documentation.notebook_run NOTEBOOK --address URL``. Cells run one after another in one namespace, as
a kernel would have it, without Jupyter: a notebook of ours uses nothing of it.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import io
import json
import os
from pathlib import Path
from typing import Any, Final

from tools.documentation.examples import ADDRESS

_DOTS: Final = 72
"""Dots an inch: a plot is 576 points wide on the page."""
_VARIABLE: Final = "HARMGRAPH_ENDPOINT"


def run(notebook: dict[str, Any], address: str) -> dict[str, Any]:
    """The notebook with its outputs, from a run against the service at this address."""
    import matplotlib

    matplotlib.use("Agg")
    before = os.environ.get(_VARIABLE)
    os.environ[_VARIABLE] = f"{address}/sparql"
    try:
        names: dict[str, Any] = {"__name__": "notebook"}
        number = 0
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                number += 1
                cell["outputs"] = _outputs("".join(cell["source"]), names)
                cell["execution_count"] = number
    finally:
        os.environ.pop(_VARIABLE)
        if before is not None:
            os.environ[_VARIABLE] = before
    return notebook


def _outputs(source: str, names: dict[str, Any]) -> list[dict[str, Any]]:
    """What the cell gives out, in the form of nbformat 4."""
    from matplotlib import pyplot

    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(source, "cell", "exec"), names)
    outputs: list[dict[str, Any]] = []
    if text := printed.getvalue():
        outputs.append({"output_type": "stream", "name": "stdout", "text": text.splitlines(keepends=True)})
    for number in pyplot.get_fignums():
        image = io.BytesIO()
        pyplot.figure(number).savefig(image, format="png", dpi=_DOTS, bbox_inches="tight", metadata={"Software": None})
        pyplot.close(number)
        data = {"image/png": base64.b64encode(image.getvalue()).decode()}
        outputs.append({"output_type": "display_data", "data": data, "metadata": {}})
    return outputs


def main() -> None:
    """Run a notebook and write it back."""
    parser = argparse.ArgumentParser(prog="python -m tools.documentation.notebook_run", description=__doc__)
    parser.add_argument("notebook", type=Path)
    parser.add_argument("--address", default=ADDRESS, help="where a service over the current release runs")
    given = parser.parse_args()
    notebook = run(json.loads(given.notebook.read_text(encoding="utf-8")), given.address)
    given.notebook.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
