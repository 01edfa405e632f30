"""Suggestions → rows of an SSSOM file that are candidates for review, never judgements.

The justification says how a candidate was found, and `harmgraph.linking.judgements` reads it back without making a
link of it. Score, method and evidence stand in the columns confidence, mapping_tool and comment.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from pyoxigraph import NamedNode

from harmgraph.errors import HarmgraphError
from harmgraph.iris import BASE, SKOS, WD
from harmgraph.linking.judgements import COLUMNS
from harmgraph.linking.similar import Suggestion

CURIE_MAP: Final = {
    "country": f"{BASE}id/country/",
    "hgo": f"{BASE}id/organisation/",
    "hgs": f"{BASE}id/system/",
    "place": f"{BASE}id/place/",
    "wikidata": WD.iri,
    "skos": SKOS.iri,
    "sssom": "https://w3id.org/sssom/",
    "semapv": "https://w3id.org/semapv/vocab/",
}
"""The prefixes of every file of links to Wikidata."""
_JUSTIFICATION: Final = {
    "same name": "semapv:LexicalMatching",
    "similar name": "semapv:LexicalSimilarityThresholdMatching",
}


def write_suggestions(suggestions: Iterable[Suggestion], path: Path, today: date) -> int:
    """Write them in their order, in place of what the file held, and give their number."""
    lines = [
        "#curie_map:",
        *(f"#  {prefix}: {namespace}" for prefix, namespace in CURIE_MAP.items()),
        "#license: https://creativecommons.org/publicdomain/zero/1.0/",
        "#mapping_set_title: Candidates for links to Wikidata, not reviewed",
        f'#mapping_set_version: "{today.isoformat()}"',
        "\t".join(COLUMNS),
    ]
    head = len(lines)
    for each in suggestions:
        row = {
            "subject_id": curie_of(each.thing),
            "subject_label": cell(each.label),
            "predicate_id": "skos:exactMatch",
            "object_id": curie_of(each.item),
            "object_label": cell(each.item_label),
            "mapping_justification": _JUSTIFICATION.get(each.method, "semapv:LexicalSimilarityThresholdMatching"),
            "confidence": f"{each.score:.3f}",
            "mapping_tool": f"harmgraph: {each.method}",
            "mapping_date": today.isoformat(),
            "comment": cell(each.evidence),
        }
        lines.append("\t".join(row.get(column, "") for column in COLUMNS))
    draft = path.with_name(f".{path.name}.new")
    draft.write_text("\n".join(lines) + "\n", encoding="utf-8")
    draft.replace(path)
    return len(lines) - head


def curie_of(iri: NamedNode) -> str:
    """The IRI in the short form of these files.

    >>> curie_of(WD.Q95)
    'wikidata:Q95'
    """
    for prefix, namespace in CURIE_MAP.items():
        if iri.value.startswith(namespace):
            return f"{prefix}:{iri.value.removeprefix(namespace)}"
    raise HarmgraphError(
        f"{unquote(iri.value)}: files of links have no prefix for it; they are of {', '.join(CURIE_MAP)}"
    )


def cell(text: str) -> str:
    """The text without what would end a cell or a line."""
    return " ".join(text.split())
