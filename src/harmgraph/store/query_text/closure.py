"""Resolves ``hg:technology/skos:broader* <concept>`` before the query is evaluated.

    ?incident hg:technology/skos:broader* hgc-technology:biometrics .

The engine walks upwards from every technology of every incident (pyoxigraph 0.5.13). A concept has few narrower ones,
so they are looked up once, and the query asks for ``?incident hg:technology ?of1`` with a FILTER that ``?of1`` is
one of them. A filter and not VALUES, so that the planner orders the rest as it would have: VALUES made some queries
slower. Whatever is not exactly of this shape stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from harmgraph.iris import SKOS
from harmgraph.store.query_text.query_tokens import QueryTokens

Narrower = Callable[[str], list[str]]
"""The concept with this IRI and all that are narrower, at any depth, in the default graph."""

MOST: Final = 500
"""Concepts beyond which a list is no quicker than the path."""
_STEPS: Final = {"/", "|", "^", "!", "(", "*", "+", "?"}


def with_concepts(text: str, base_iri: str | None, narrower: Narrower) -> str:
    """The query with the paths resolved that can be; the same text where there is none."""
    if "broader" not in text:
        return text
    tokens = QueryTokens(text, base_iri)
    # The fresh variable would show in SELECT * and COUNT(DISTINCT *), and with FROM paths walk in another graph.
    if any(tokens.word(at) == "FROM" or _selects_all(tokens, at) for at in range(len(tokens))):
        return text
    edits: list[tuple[int, int, str]] = []
    open_groups: list[tuple[bool, list[str]]] = []  # whether a path may be resolved there, and filters for its end
    for at in range(len(tokens)):
        word = tokens.word(at)
        tokens.declare(at)
        if word == "{":
            elsewhere = {tokens.word(at - 2), tokens.word(at - 3)} & {"GRAPH", "SERVICE"}
            open_groups.append((not elsewhere and all(free for free, _ in open_groups), []))
        elif word == "}" and open_groups:
            if filters := open_groups.pop()[1]:
                edits.append((tokens.start(at), tokens.start(at), " ".join(filters) + " "))
        elif open_groups and open_groups[-1][0] and _is_path(tokens, at):
            concept = tokens.iri(at + 3)
            concepts = narrower(concept) if concept is not None else []
            if 0 < len(concepts) <= MOST:
                variable = f"?of{len(edits)}"
                while variable in text:
                    variable += "_"
                edits.append((tokens.start(at), tokens.end(at + 3), f" {variable}"))
                listed = ", ".join(f"<{each}>" for each in concepts)
                open_groups[-1][1].append(f" FILTER ({variable} IN ({listed}))")
    return _edited(text, edits)


def _is_path(tokens: QueryTokens, at: int) -> bool:
    """Whether a slash is here, behind a single property, and then ``skos:broader*`` and an IRI as the only object."""
    return (
        tokens.word(at) == "/"
        and tokens.iri(at + 1) == SKOS.broader.value
        and tokens.word(at + 2) == "*"
        and tokens.iri(at + 3) is not None
        and tokens.word(at + 4) not in {",", None}
        and tokens.iri(at - 1) is not None
        and tokens.word(at - 2) not in _STEPS
        and (tokens.word(at - 2) == ";" or tokens.is_variable(at - 2))
    )


def _selects_all(tokens: QueryTokens, at: int) -> bool:
    return tokens.word(at) == "*" and tokens.word(at - 1) in {"SELECT", "DISTINCT", "REDUCED", "DESCRIBE"}


def _edited(text: str, edits: list[tuple[int, int, str]]) -> str:
    pieces, position = [], 0
    for start, end, new in sorted(edits):
        pieces += [text[position:start], new]
        position = end
    return "".join((*pieces, text[position:]))
