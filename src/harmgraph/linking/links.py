"""Reviewed judgements → the quads that link our things to Wikidata, in the graph ``links``.

Only positive judgements become links, and only of things that the release holds, so that no link hangs in the air.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from pyoxigraph import NamedNode, Quad

from harmgraph.iris import graph_iri
from harmgraph.linking.judgements import Judgement

GRAPH: Final = graph_iri("links")
LICENCE: Final = "https://creativecommons.org/publicdomain/zero/1.0/"


def links(judgements: Iterable[Judgement], held: frozenset[NamedNode]) -> Iterator[Quad]:
    """The links of these things. A judgement that nothing was found or nothing holds, and a candidate, give none."""
    for judgement in judgements:
        if judgement.holds and judgement.object is not None and judgement.subject in held:
            yield Quad(judgement.subject, judgement.predicate, judgement.object, GRAPH)
