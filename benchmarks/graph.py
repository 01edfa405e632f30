"""Makes a release of any size straight from N-Quads, so that queries can be measured at sizes that take long to build.

    python benchmarks/graph.py INCIDENTS FOLDER

The ontology, the concept schemes and the places are the real ones; the incidents are made up after the RDF model: about
45 statements each, a fifth of them told by two records, concepts and organisations drawn by Zipf's law. The same size
gives the same bytes. `generator.py` makes records for a build instead.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Final

from pyoxigraph import NamedNode, RdfFormat, serialize

from harmgraph.background import background
from harmgraph.iris import BASE, DCT, FOAF, HG, PROV, RDF, RDFS, SCHEMA, SCHEMES, SKOS, XSD
from harmgraph.pipeline import Project
from harmgraph.store.preparing import prepare

PROJECT: Final = Project(Path(__file__).resolve().parents[1])
WORDS: Final = tuple(
    word
    for line in (
        "system model camera vehicle account image voice claim driver student patient worker police court",
        "school bank platform company city review test report error false arrest crash fraud bias leak filter",
    )
    for word in line.split()
)
RARE: Final = ("scraped", "faces", "photographs", "prisoner", "drone", "landlord")
"""Words that few narratives hold."""
OUTLETS: Final = tuple(f"news{number}.example" for number in range(300))


class Drawing:
    """A choice among some things by Zipf's law, the first the likeliest."""

    def __init__(self, things: Sequence[str], chance: random.Random) -> None:
        self._things = things
        self._chance = chance
        self._weights = list(accumulate(1 / rank for rank in range(1, len(things) + 1)))

    def some(self, *numbers: int) -> list[str]:
        """As many different things as one of these numbers says, or fewer."""
        drawn = self._chance.choices(self._things, cum_weights=self._weights, k=self._chance.choice(numbers))
        return list(dict.fromkeys(drawn))


class Incidents:
    """Made-up incidents as N-Quads lines."""

    def __init__(self, number: int, quads: Sequence[tuple[str, str, str]]) -> None:
        self._chance = chance = random.Random(number)
        self._number = number

        def concepts(scheme: str) -> Drawing:
            known = {s for s, p, o in quads if p == str(SKOS.inScheme) and o == f"<{BASE}id/scheme/{scheme}>"}
            found = sorted(known)
            chance.shuffle(found)
            return Drawing(found, chance)

        self._concepts = {scheme: concepts(scheme) for scheme in SCHEMES}
        countries = {s for s, p, o in quads if p == str(RDF.type) and o == str(HG.Country)}
        self._countries = Drawing(sorted(countries, key=lambda iri: ("/USA>" not in iri, iri)), chance)
        self._organisations = [f"<{BASE}id/organisation/o{n}>" for n in range(max(200, number // 8))]
        self._organisations[0] = f"<{BASE}id/organisation/clearview-ai>"
        self._actors = Drawing(self._organisations, chance)
        self._systems = [f"<{BASE}id/system/s{n}>" for n in range(max(100, number // 10))]
        self._system = Drawing(self._systems, chance)

    def lines(self) -> Iterator[str]:
        """All of it."""
        consolidation = f"<{BASE}id/graph/consolidation>"
        names = {self._organisations[0]: "Clearview AI"}
        for kind, things in ((HG.Organisation, self._organisations), (HG.AISystem, self._systems)):
            for number, thing in enumerate(things):
                label = names.get(thing, f"{kind.value.rpartition('#')[2]} {number}")
                yield from _said(thing, consolidation, (RDF.type, str(kind)), *_labels(label))
        for number in range(self._number):
            yield from self._incident(number, consolidation)

    def _incident(self, number: int, consolidation: str) -> Iterator[str]:
        chance, some = self._chance, {scheme: drawing.some for scheme, drawing in self._concepts.items()}
        name = f"S{number:06}" if number != 850 else "AIAAIC0850"
        incident = f"<{BASE}id/incident/{name}>"
        records = [f"<{BASE}id/record/made/{n}/{name}>" for n in range(1 + (number % 5 == 0))]
        year, month = chance.randint(2010, 2025), chance.randint(1, 12)
        first = f"{year}-{month:02}-01"
        words = [*chance.choices(WORDS, k=60), *(word for word in RARE if chance.random() < 0.01)]
        said = [
            (RDF.type, str(HG.Incident)),
            (DCT.identifier, f'"{name}"'),
            (DCT.title, f'"{" ".join(words[:7])} {number}"@en'),
            (DCT.description, f'"{" ".join(words)}"@en'),
            *((HG.deployer, each) for each in self._actors.some(0, 1, 1, 2)),
            *((HG.developer, each) for each in self._actors.some(0, 1, 1)),
            *((HG.system, each) for each in self._system.some(0, 0, 1)),
            *((HG.jurisdiction, each) for each in self._countries.some(0, 1, 1, 1, 2)),
            *((HG.technology, each) for each in some["technology"](1, 2, 3)),
            *((HG.issue, each) for each in some["issue"](1, 2, 3, 4)),
            *((HG.harm, each) for each in some["harm"](1, 2, 3)),
            *((HG.sector, each) for each in some["sector"](1, 1, 2)),
            *((HG.newsTrigger, each) for each in some["news-trigger"](0, 1)),
            *((HG.transparencyConcern, each) for each in some["transparency"](0, 1, 2)),
            *((HG.response, each) for each in some["response"](0, 0, 1)),
            *((HG.consequence, each) for each in some["consequence"](0, 0, 0, 1)),
            *(
                (HG.realisation, each)
                for each in some["realisation"](
                    1,
                )
            ),
            *((SCHEMA.mentions, each) for each in (*self._countries.some(0, 1, 2), *self._actors.some(0, 1, 2))),
            (HG.harmedPartyName, f'"{chance.choice(WORDS)} users"@en'),
            (FOAF.page, f"<https://example.org/incident/{number}>"),
        ]
        for record in records:
            occurred = f'"{first[:7]}"^^{XSD.gYearMonth}' if record == records[0] else f'"{year}"^^{XSD.gYear}'
            yield from _said(incident, record, (HG.occurred, occurred), *said)
            provenance = f"<{BASE}id/graph/provenance>"
            yield from _said(record, provenance, (RDF.type, str(HG.SourceRecord)), (FOAF.primaryTopic, incident))
            yield from _said(record, provenance, (PROV.wasDerivedFrom, f"<{BASE}id/snapshot/made/1>"))
        bounds = [(HG.earliestDate, f'"{first}"^^{XSD.date}')]
        if number % 50:
            bounds.append((HG.latestDate, f'"{year}-{month:02}-28"^^{XSD.date}'))
        yield from _said(incident, consolidation, *bounds, *_labels(f"{' '.join(words[:7])} {number}"))
        yield from self._reports(number, incident, records[0])

    def _reports(self, number: int, incident: str, record: str) -> Iterator[str]:
        chance = self._chance
        for each in range(chance.choice((0, 1, 1, 2, 3))):
            report = f"<{BASE}id/report/{number}-{each}>"
            address = f"<https://{chance.choice(OUTLETS)}/{number}/{each}>"
            yield from _said(incident, record, (HG.reportedIn, report))
            yield from _said(report, record, (RDF.type, str(HG.Report)), (SCHEMA.url, address))
        if number % 20 == 0:
            claim = f"<{BASE}id/claim/{number}>"
            yield from _said(incident, record, (HG.claim, claim))
            claimants = ((HG.claimant, each) for each in self._actors.some(1))
            yield from _said(claim, record, (SCHEMA.text, f'"Claim {number}"@en'), *claimants)
        if number % 10 == 0:
            outcome = f"<{BASE}id/outcome/{number}>"
            (kind,) = self._concepts["consequence"].some(1)
            yield from _said(incident, record, (HG.outcome, outcome))
            dated = f'"{chance.randint(2015, 2026)}"^^{XSD.gYear}'
            yield from _said(outcome, record, (HG.outcomeKind, kind), (DCT.date, dated))


def _said(subject: str, graph: str, *statements: tuple[NamedNode, str]) -> Iterator[str]:
    return (f"{subject} {predicate} {term} {graph} .\n" for predicate, term in statements)


def _labels(label: str) -> tuple[tuple[NamedNode, str], ...]:
    return (RDFS.label, f'"{label}"@en'), (SKOS.prefLabel, f'"{label}"@en')


def make(incidents: int, folder: Path) -> None:
    """Write a release directory: the sorted dump, what a service opens beside it, and its release.json."""
    folder.mkdir(parents=True)
    quads = list(background(PROJECT.ontology, PROJECT.vocabulary()))
    written = serialize(quads, format=RdfFormat.N_QUADS)
    assert written is not None
    with (folder / "data.nq").open("w", encoding="utf-8") as dump:
        dump.write(written.decode())
        triples = [(str(quad.subject), str(quad.predicate), str(quad.object)) for quad in quads]
        dump.writelines(Incidents(incidents, triples).lines())
    (folder / "release.json").write_text(json.dumps({"id": f"made-{incidents}", "built": "2026-01-01T00:00:00Z"}))
    subprocess.run(["sort", "-u", "-o", dump.name, dump.name], env={**os.environ, "LC_ALL": "C"}, check=True)
    prepare(folder)


if __name__ == "__main__":
    make(int(sys.argv[1]), Path(sys.argv[2]))
