"""What a validation found, for people and for machines: the same frozen value whichever engine ran.

The verdict counts results by severity. It never asks an engine whether the data conform: SHACL says that they do
not as soon as there is any result, even a hint.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

import pyoxigraph
from pyoxigraph import NamedNode, RdfFormat, Triple, serialize

from harmgraph.iris import BASE, PREFIXES, PROV, RDF, RDFS, SH, SPDX, XSD, graph_iri
from harmgraph.validation.shapes import HGS, Node

Severity = Literal["Violation", "Warning", "Info"]
SEVERITIES: Final[dict[str, Severity]] = {"Violation": "Violation", "Warning": "Warning", "Info": "Info"}

_PREFIXES: Final = PREFIXES | {"hgs": HGS.iri, "spdx": SPDX.iri}
_BY_LENGTH: Final = sorted(_PREFIXES.items(), key=lambda item: -len(item[1]))
_SHOWN: Final = 80
"""Characters of a value that a line shows."""


@dataclass(frozen=True, slots=True)
class Result:
    """One thing that one constraint finds fault with, in the terms of SHACL §3.6.2.

    ``path`` is a property path in SPARQL's syntax, ``field`` what people call it, ``component`` the local name
    without "ConstraintComponent". ``graphs`` are the named graphs in which the offending statement stands, or
    where something is missing, those that speak of the focus node.
    """

    focus_node: Node
    path: str | None
    value: Node | None
    component: str
    severity: Severity
    message: str
    source_shape: Node
    field: str
    graphs: tuple[NamedNode, ...] = ()

    @property
    def order(self) -> tuple[int, str, str, str, str, str]:
        """Violations first, then by focus node: the order of every report."""
        rank = list(SEVERITIES).index(self.severity)
        return rank, str(self.focus_node), self.path or "", str(self.source_shape), self.component, str(self.value)

    def __str__(self) -> str:
        field = f"{self.field}: " if self.field else ""
        value = "" if self.value in (None, self.focus_node) else f"{_shown(self.value)}: "
        places = ", ".join(graph.value.removeprefix(BASE + "id/") for graph in self.graphs)
        where = (f"in {places}; " if places else "") + _shown(self.source_shape)
        return f"{self.severity}: {_shown(self.focus_node)}: {field}{value}{self.message} ({where})"


@dataclass(frozen=True, slots=True)
class Report:
    """All results of one run, violations first."""

    results: tuple[Result, ...]
    engine: str

    @property
    def violations(self) -> int:
        """How many results forbid a release."""
        return self._count("Violation")

    @property
    def warnings(self) -> int:
        """How many results a person should look at."""
        return self._count("Warning")

    @property
    def infos(self) -> int:
        """How many results are hints, such as the use of a deprecated term."""
        return self._count("Info")

    def summary(self) -> str:
        """The counts in one line, as ``2 violations, 172 warnings, 0 hints``."""
        return f"{self.violations} violations, {self.warnings} warnings, {self.infos} hints"

    def lines(self) -> Iterator[str]:
        """One readable line for each result: severity, thing, field, value, message, record, shape."""
        return (str(result) for result in self.results)

    def by_shape(self) -> list[tuple[str, Severity, int, str]]:
        """How often each constraint failed, the most frequent first: shape, severity, count, message."""
        counted = Counter((_shown(each.source_shape), each.severity, each.message) for each in self.results)
        return [(shape, severity, count, message) for (shape, severity, message), count in counted.most_common()]

    def to_turtle(self, iri: NamedNode = graph_iri("validation")) -> str:  # noqa: B008  # an immutable term
        """The report as RDF (SHACL §3.6), its results named by IRIs within the report's own.

        Results whose path is no single property have no ``sh:resultPath``: their shape has it.
        """
        triples = self._triples(iri)
        turtle = serialize(triples, format=RdfFormat.TURTLE, prefixes=_PREFIXES)
        return (turtle or b"").decode()  # None only where an output is given

    def _count(self, severity: Severity) -> int:
        return sum(result.severity == severity for result in self.results)

    def _triples(self, report: NamedNode) -> Iterator[Triple]:
        named = [(NamedNode(f"{report.value}#result-{n}"), each) for n, each in enumerate(self.results, 1)]
        conforms = pyoxigraph.Literal("false" if named else "true", datatype=XSD.boolean)
        yield Triple(report, RDF.type, SH.ValidationReport)
        yield Triple(report, RDFS.comment, pyoxigraph.Literal(self.summary(), language="en"))
        yield Triple(report, SH.conforms, conforms)
        for node, _ in named:
            yield Triple(report, SH.result, node)
        for node, result in named:
            yield from _result_triples(node, result)


def _result_triples(node: NamedNode, result: Result) -> Iterator[Triple]:
    yield Triple(node, RDF.type, SH.ValidationResult)
    yield Triple(node, SH.focusNode, result.focus_node)
    if result.path is not None and (single := re.fullmatch(r"<([^<>]*)>", result.path)):
        yield Triple(node, SH.resultPath, NamedNode(single[1]))
    if result.value is not None:
        yield Triple(node, SH.value, result.value)
    yield Triple(node, SH.resultMessage, pyoxigraph.Literal(result.message, language="en"))
    yield Triple(node, SH.resultSeverity, SH[result.severity])
    yield Triple(node, SH.sourceConstraintComponent, SH[result.component + "ConstraintComponent"])
    yield Triple(node, SH.sourceShape, result.source_shape)
    for graph in result.graphs:
        yield Triple(node, PROV.wasDerivedFrom, graph)


def compact(path: str) -> str:
    """A property path with our prefixes in place of full IRIs.

    >>> compact("(<https://w3id.org/harmgraph/ns#claimant>|<https://w3id.org/harmgraph/ns#claimantName>)")
    '(hg:claimant|hg:claimantName)'
    """
    return re.sub(r"<([^<>]*)>", lambda match: _curie(match[1]), path)


def _curie(iri: str) -> str:
    for prefix, namespace in _BY_LENGTH:
        if iri.startswith(namespace) and re.fullmatch(r"[\w-][\w.-]*", iri[len(namespace) :]):
            return f"{prefix}:{iri[len(namespace) :]}"
    return f"<{iri}>"


def _shown(node: Node) -> str:
    """A term on one line; text from sources is untrusted, so ``repr`` takes the control characters out of it."""
    if isinstance(node, NamedNode):
        return _curie(node.value)
    if isinstance(node, pyoxigraph.Literal):
        text = node.value if len(node.value) <= _SHOWN else node.value[: _SHOWN - 1] + "…"
        return repr(text)
    return str(node)
