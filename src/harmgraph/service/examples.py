"""The example queries of the start page and the query page, each a file ``queries/example_*.rq``."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import Final

from harmgraph.iris import PREFIXES

BLANK: Final = (
    f"PREFIX hg: <{PREFIXES['hg']}>\nPREFIX rdfs: <{PREFIXES['rdfs']}>\n\n"
    "SELECT ?incident ?label\nWHERE {\n  ?incident a hg:Incident .\n  ?incident rdfs:label ?label .\n}\nLIMIT 10\n"
)
"""What stands in the form of the query page before anybody has written a query."""


@dataclass(frozen=True, slots=True)
class Example:
    """A query that answers a question; ``text`` starts with the prefixes it uses, so it runs anywhere."""

    title: str
    question: str
    text: str


def _examples() -> tuple[Example, ...]:
    folder = resources.files("harmgraph.service") / "queries"
    files = sorted((f for f in folder.iterdir() if f.name.startswith("example_")), key=lambda f: f.name)
    return tuple(_example(file.read_text("utf-8")) for file in files)


def _example(text: str) -> Example:
    title, question, body = text.split("\n", 2)
    used = {prefix: iri for prefix, iri in PREFIXES.items() if f"{prefix}:" in body}
    prefixes = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in used.items())
    return Example(title.removeprefix("# title: "), question.removeprefix("# question: "), f"{prefixes}\n{body}")


EXAMPLES: Final = _examples()
