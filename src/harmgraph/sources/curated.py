"""Incidents written by hand, one TOML file each (``data/incidents/``) → records → incidents.

They add what no database has as data: claims with who makes them and where they appear, and whether a harm came
about. The files are ours, so a slip in one stops the run with its place; ``data/incidents/README.md`` has the format.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, TypeVar

from harmgraph.errors import SnapshotUnreadable
from harmgraph.iris import SCHEMES
from harmgraph.model import (
    Actor,
    Claim,
    Concept,
    Incident,
    Interpreted,
    Mention,
    Occurred,
    Outcome,
    Place,
    Report,
    Snapshot,
    SourceRecord,
    System,
)
from harmgraph.sources.aiaaic import report_at, tidy
from harmgraph.sources.base import Fields, Licence
from harmgraph.sources.curated_format import SLUG, read_curated
from harmgraph.vocabulary import Vocabulary

Found = TypeVar("Found")


class Curated:
    """The curated records that ship with harmgraph."""

    name = "curated"
    title = "harmgraph, curated incidents"
    licence = Licence(
        # Their facts come from share-alike records, so they are share-alike too.
        iri="https://creativecommons.org/licenses/by-sa/4.0/",
        rights_holder="harmgraph",
        citation="harmgraph: curated incident records",
        homepage="https://w3id.org/harmgraph/",
    )
    priority = 30

    def records(self, snapshot: Snapshot) -> Iterator[SourceRecord]:
        """Every file, in the order of names. A list or table stands in its field as JSON."""
        files = [snapshot.path]
        if snapshot.path.is_dir():
            files = sorted(file for file in snapshot.path.glob("*.toml") if file.name != "snapshot.toml")
        if not files:
            raise SnapshotUnreadable(f"{snapshot.path}: no .toml file; one for each incident is wanted")
        for file in files:
            values = read_curated(file)
            fields = {
                key: value.strip() if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
                for key, value in values.items()
            }
            yield SourceRecord(self.name, values["incident"], fields, file.name)

    def judged(self, record: SourceRecord) -> Iterator[tuple[str, str]]:
        """The record's incident with that of each record in its ``sources``: a person judged that they are one."""
        for source in json.loads(record.fields["sources"]):
            _, _, local = source.partition("/")
            yield record.fields["incident"], local

    def incident(self, record: SourceRecord, vocabulary: Vocabulary) -> Interpreted:
        """What the file says; a name of nothing we know is reported and left out."""
        reading = _Reading(record, vocabulary)
        text, texts = reading.text, reading.texts
        description = "\n\n".join(tidy(part) for part in text("description").split("\n\n")) or None
        documents = {table["key"]: _report(record.local, table) for table in reading.tables("documents")}
        reports = {table["key"]: _report(record.local, table) for table in reading.tables("reports")}
        occurred = text("occurred")
        outcomes = tuple(outcome for table in reading.tables("outcomes") for outcome in reading.outcomes(table))
        concepts = reading.concepts("concepts", texts("concepts"))
        incident = Incident(
            local=text("incident"),
            identifiers=(record.local,),
            title=tidy(text("title")),
            earlier_titles=texts("also_known_as"),
            description=description,
            occurred=Occurred(occurred) if occurred else None,
            # What came of an incident is a facet of it too, so a query for all fines finds those with a sum.
            concepts=tuple(dict.fromkeys((*concepts, *(outcome.kind for outcome in outcomes)))),
            deployers=reading.actors("deployers", texts("deployers")),
            developers=reading.actors("developers", texts("developers")),
            systems=tuple(reading.system(table) for table in reading.tables("systems")),
            jurisdictions=reading.places("jurisdictions", texts("jurisdictions")),
            purposes=texts("purposes"),
            mentions=tuple(_mention(table, description or "") for table in reading.tables("mentioned_systems")),
            claims=tuple(reading.claim(table, documents | reports) for table in reading.tables("claims")),
            outcomes=outcomes,
            reports=tuple(reports.values()),
            related=texts("related"),
            pages=texts("pages"),
            derived_from=texts("sources"),
        )
        return Interpreted(record, incident, reading.fields.problems())


class _Reading:
    """The fields of one record, decoded, and the names in them resolved."""

    def __init__(self, record: SourceRecord, vocabulary: Vocabulary) -> None:
        self.fields = Fields(record.source, record.local, record.fields)
        self._local = record.local
        self._vocabulary = vocabulary

    def text(self, name: str) -> str:
        return self.fields.pop(name)

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(json.loads(self.fields.pop(name) or "[]"))

    def tables(self, name: str) -> list[dict[str, Any]]:
        tables: list[dict[str, Any]] = json.loads(self.fields.pop(name) or "[]")
        return tables

    def concepts(self, field: str, names: Iterable[str]) -> tuple[Concept, ...]:
        return self._resolved(field, names, _concept, "names no concept: write scheme/slug")

    def actors(self, field: str, names: Iterable[str]) -> tuple[Actor, ...]:
        remedy = "is not in data/lookups/organisations.csv; add a line"
        return self._resolved(field, names, self._organisation, remedy)

    def places(self, field: str, names: Iterable[str]) -> tuple[Place, ...]:
        remedy = "is neither ISO 3166-1 alpha-3 nor a code of data/lookups/places.csv"
        return self._resolved(field, names, self._vocabulary.place, remedy)

    def system(self, table: Mapping[str, Any]) -> System:
        developers = self.actors("systems", table.get("developers", ()))
        return System(table["slug"], table["label"], developers)

    def claim(self, table: Mapping[str, Any], documents: Mapping[str, Report]) -> Claim:
        claimant: Actor | str | None = table.get("claimant_office")
        if claimant is None:
            claimant = next(iter(self.actors("claims", [table["claimant"]] if "claimant" in table else [])), None)
        return Claim(
            local=f"{self._local}-{table['key']}",
            text=tidy(table["text"]),
            claimant=claimant,
            on_behalf_of=self._body(table.get("on_behalf_of", "")),
            report=documents[table["report"]] if "report" in table else None,
            concerns_harm=self.concepts("claims", table.get("concerns_harm", ())),
        )

    def outcomes(self, table: Mapping[str, Any]) -> Iterator[Outcome]:
        """The outcome, none where its kind is no concept of the two schemes: that is reported."""
        kinds = self._resolved("outcomes", [table["kind"]], _outcome_kind, "is neither consequence/… nor response/…")
        for kind in kinds:
            yield Outcome(
                local=f"{self._local}-{table['key']}",
                kind=kind,
                text=tidy(table["what"]),
                source=table["source"],
                amount=Decimal(table["amount"]) if "amount" in table else None,
                currency=table.get("currency"),
                date=table.get("date"),
                imposed_by=next(iter(self.actors("outcomes", [table["body"]] if "body" in table else [])), None),
            )

    def _organisation(self, slug: str) -> Actor:
        organisation = self._vocabulary.organisation(slug)
        if organisation is None:
            raise KeyError(slug)
        return organisation.actor

    def _body(self, name: str) -> Actor | Place | None:
        """The organisation or the place on whose behalf somebody speaks: ``organisation/slug``, ``place/code``."""
        kind, _, local = name.partition("/")
        found: tuple[Actor | Place, ...] = ()
        if kind == "organisation":
            found = self.actors("claims", [local])
        elif kind == "place":
            found = self.places("claims", [local])
        elif name:
            self.fields.report("claims", name, "unknown-name", "write organisation/slug or place/code", "error")
        return next(iter(found), None)

    def _resolved(
        self, field: str, names: Iterable[str], lookup: Callable[[str], Found], remedy: str
    ) -> tuple[Found, ...]:
        found = []
        for name in names:
            try:
                found.append(lookup(name))
            except KeyError:
                self.fields.report(field, name, "unknown-name", remedy, "error")
        return tuple(found)


def _concept(name: str) -> Concept:
    scheme, _, slug = name.partition("/")
    if scheme not in SCHEMES or not SLUG.fullmatch(slug):
        raise KeyError(name)
    return Concept(scheme, slug)


def _outcome_kind(name: str) -> Concept:
    kind = _concept(name)
    if kind.scheme not in {"consequence", "response"}:
        raise KeyError(name)
    return kind


def _report(incident: str, table: Mapping[str, str]) -> Report:
    """A report; one with an address has the local name that every source gives it."""
    local = report_at(table["url"]).local if "url" in table else f"{incident}-{table['key']}"
    return Report(local, table.get("url"), table.get("title"), table.get("publisher"), table.get("published"))


def _mention(table: Mapping[str, str], description: str) -> Mention:
    start = description.index(table["label"])  # `read_curated` has seen to it that it is there
    return Mention(System(table["slug"], table["label"]), start, start + len(table["label"]), table["label"])
