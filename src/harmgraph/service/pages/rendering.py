"""The templates of the pages, and how text of others is shown in them: escaped, and with nothing invisible in it."""

from __future__ import annotations

import re
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from harmgraph.service.pages import editor, manual

LISTS: Final = {
    "incidents": "Incidents",
    "organisations": "Organisations",
    "systems": "AI systems",
    "countries": "Countries",
}

# Bidirectional and other control characters could make a page look as if it said something else (Unicode TR 36).
CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def environment() -> Environment:
    """The templates; every value is escaped, and a name that a template does not get is an error."""
    templates = Environment(
        loader=PackageLoader("harmgraph.service"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["visible"] = visible
    templates.filters["thousands"] = lambda number: f"{number:,}"
    templates.globals["lists"] = LISTS
    templates.globals["editor"] = editor
    templates.globals["manual"] = manual
    return templates


def visible(text: str) -> Markup:
    """The text, escaped, with invisible control characters named instead of obeyed.

    >>> visible("a\\u202eb")
    Markup('a<span class="control">U+202E</span>b')
    """
    escaped = str(escape(text))
    return Markup(CONTROL.sub(lambda match: f'<span class="control">U+{ord(match[0]):04X}</span>', escaped))
