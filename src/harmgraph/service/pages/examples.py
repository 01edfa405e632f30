"""The queries behind charts, each a file ``queries/chart_*.rq``, and what the query page begins with.

Queries that answer people's questions are in the catalogue (`harmgraph.catalogue`).
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import Final

from pyoxigraph import NamedNode

from harmgraph.iris import PREFIXES, mentioned_prefixes

_FOLDER: Final = resources.files("harmgraph.service") / "queries"

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


def example(name: str, **iris: NamedNode) -> Example:
    """The query in ``queries/{name}.rq``, with IRIs in place of its variables written ``$this``."""
    title, question, body = _FOLDER.joinpath(f"{name}.rq").read_text("utf-8").split("\n", 2)
    for place, iri in iris.items():
        body = body.replace(f"${place}", str(iri))
    prefixes = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in mentioned_prefixes(body).items())
    return Example(title.removeprefix("# title: "), question.removeprefix("# question: "), f"{prefixes}\n{body}")
