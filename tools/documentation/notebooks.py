"""A Jupyter notebook (nbformat 4) → Markdown and images, so that it is a page like the others.

Cells of code become fenced blocks, what they printed a block below, each plot an image beside the page.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

SUFFIX: Final = ".ipynb"
_PNG: Final = "image/png"


def markdown(file: Path) -> str:
    """The notebook as Markdown, with a line that leads to the file itself."""
    cells = _cells(file)
    parts = []
    shown = 0
    for number, cell in enumerate(cells):
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
        elif cell["cell_type"] == "code":
            parts.append(f"```python\n{source}\n```")
            if printed := "".join(_printed(cell)).rstrip():
                parts.append(f"```text\n{printed}\n```")
            for _ in _plots(cell):
                shown += 1
                parts.append(f"![{_caption(source)}]({image_name(file, shown)})")
        if number == 0:
            parts.append(f"This page is a notebook: [{file.name}]({file.name}) is the file to run.")
    return "\n\n".join(parts) + "\n"


def images(file: Path) -> Iterator[tuple[str, bytes]]:
    """The plots with the names that `markdown` gives them."""
    plots = (plot for cell in _cells(file) if cell["cell_type"] == "code" for plot in _plots(cell))
    for number, plot in enumerate(plots, 1):
        yield image_name(file, number), base64.b64decode(plot)


def image_name(file: Path, number: int) -> str:
    """What the plot of this number is called; the site has it beside the page."""
    return f"{file.stem}-{number}.png"


def _cells(file: Path) -> list[dict[str, Any]]:  # the JSON of a notebook
    found: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["cells"]
    return found


def _printed(cell: dict[str, Any]) -> Iterator[str]:
    for output in cell["outputs"]:
        if output["output_type"] == "stream":
            yield "".join(output["text"])


def _plots(cell: dict[str, Any]) -> Iterator[str]:
    for output in cell["outputs"]:
        if _PNG in output.get("data", {}):
            yield "".join(output["data"][_PNG])


def _caption(source: str) -> str:
    """What a plot shows, for whoever does not see it: the comment on top of its cell."""
    return source.partition("\n")[0].removeprefix("#").strip()
