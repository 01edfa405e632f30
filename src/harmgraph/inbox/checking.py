"""What is to be kept → nothing, or `SuggestionRefused` with each result: focus node, path, message.

The shapes are in ``ontology/inbox`` and are held against by the engine that carries the builds; the tests have the
reference engine find the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from pyoxigraph import Triple

from harmgraph.errors import SuggestionRefused
from harmgraph.inbox.terms import SHAPES
from harmgraph.validation import Result, ShapesGraph, compiled, validate_graph

_MOST = 20
"""Results that are told: a suggestion that breaks more is not worth a longer answer."""


def check(triples: Iterable[Triple]) -> None:
    """Raise `SuggestionRefused` where the suggestion breaks a shape."""
    shapes, engine = _shapes()
    results = validate_graph(triples, shapes, engine).results[:_MOST]
    if results:
        refuse(tuple(_violation(each) for each in results))


def refuse(violations: tuple[dict[str, str], ...]) -> None:
    """Raise with these violations, the first of them in the message."""
    more = f" ({len(violations)} violations)" if len(violations) > 1 else ""
    raise SuggestionRefused(f"the suggestion does not conform: {violations[0]['message']}{more}", violations)


def violation(focus: str, path: str, name: str, message: str) -> dict[str, str]:
    """A violation in the terms of SHACL; ``name`` is what people call the path."""
    return {"focusNode": focus, "path": path, "name": name, "message": message}


def _violation(result: Result) -> dict[str, str]:
    focus = getattr(result.focus_node, "value", str(result.focus_node))
    return violation(focus, result.path or "", result.field, result.message)


@cache
def _shapes() -> tuple[ShapesGraph, Any]:
    shapes = ShapesGraph.read(SHAPES)
    return shapes, compiled(shapes)
