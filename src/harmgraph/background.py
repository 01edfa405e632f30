"""What every release holds whatever its sources: the ontology, the concept schemes, and the names of places.

Turtle files and lookups → quads of the graphs ``ontology``, ``schemes`` and ``places``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pycountry
from pyoxigraph import Literal, Quad, RdfFormat, parse

from harmgraph.errors import BuildAborted
from harmgraph.iris import HG, RDF, RDFS, SKOS, graph_iri, mint
from harmgraph.model import Place
from harmgraph.triples import iri_of, text
from harmgraph.vocabulary import Vocabulary

GRAPHS: Final = {
    "ontology": "The harmgraph ontology and its alignments",
    "schemes": "The concept schemes of harmgraph",
    "places": "Countries, regions and scopes",
    "provenance": "Where each record comes from, and under what licence",
    "dataset": "The description of the data set",
}
"""The graphs that are harmgraph's own work and in every release, with their labels; the first three are made here."""

LICENCE: Final = "https://creativecommons.org/licenses/by/4.0/"


def ontology_files(ontology: Path) -> dict[str, list[Path]]:
    """The Turtle files behind the graphs ``ontology`` and ``schemes``, in order of name.

    How the schemes of other databases correspond to ours (``mappings/``) stands with the schemes.
    """
    schemes = [*sorted(ontology.glob("schemes/*.ttl")), *sorted(ontology.glob("mappings/*.ttl"))]
    return {"ontology": sorted(ontology.glob("*.ttl")), "schemes": schemes}


def background(ontology: Path, vocabulary: Vocabulary) -> Iterator[Quad]:
    """All quads of the three graphs; raises `BuildAborted` naming the file and place of a syntax error."""
    for name, files in ontology_files(ontology).items():
        for file in files:
            yield from _parsed(file, name)
    graph = graph_iri("places")
    for place in vocabulary.places:
        subject = iri_of(place)
        yield Quad(subject, RDF.type, HG.Country if place.kind == "country" else HG.Place, graph)
        yield Quad(subject, SKOS.prefLabel, text(place.label), graph)
        yield Quad(subject, RDFS.label, text(place.label), graph)
        yield from _codes(place)


def _codes(place: Place) -> Iterator[Quad]:
    subject, graph = iri_of(place), graph_iri("places")
    if place.kind == "country":
        yield Quad(subject, HG.alpha3, Literal(place.code), graph)
        if (country := pycountry.countries.get(alpha_3=place.code)) is not None:
            yield Quad(subject, HG.alpha2, Literal(country.alpha_2), graph)
    elif place.within is not None:
        yield Quad(subject, HG.within, mint("country", place.within), graph)


def _parsed(file: Path, graph: str) -> Iterator[Quad]:
    try:
        for quad in parse(path=file, format=RdfFormat.TURTLE):
            yield Quad(quad.subject, quad.predicate, quad.object, graph_iri(graph))
    except SyntaxError as cause:
        raise BuildAborted(f"{file}: {cause}") from cause
