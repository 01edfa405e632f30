"""The command that says how much of what the sources name is linked to Wikidata, and what to link next."""

from __future__ import annotations

import csv
import math
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from pyoxigraph import NamedNode, RdfFormat, parse
from rich.table import Table

from harmgraph.background import background
from harmgraph.cli.arguments import PROJECT, folder_of_releases, given_snapshots
from harmgraph.cli.console import err, out, outcome
from harmgraph.errors import HarmgraphError
from harmgraph.iris import SKOS, WD, mint
from harmgraph.linking.coverage import (
    KINDS,
    Coverage,
    Share,
    Unlinked,
    counted,
    linked_things,
    looked_for,
    occurrences_of,
)
from harmgraph.linking.judgements import Judgement, read_file, read_judgements
from harmgraph.linking.matching import field_of
from harmgraph.linking.similar import Similar, Subject, judged_entries, read_gazetteer, subjects
from harmgraph.sources import SOURCES
from harmgraph.statements import interpret
from harmgraph.vocabulary import Vocabulary

UNREAD = ("unmapped-label", "unmapped-region", "ambiguous", "unreadable-name")
"""Kinds of problems that say: this names a thing, and no lookup knows which."""
GAZETTEER = Annotated[
    list[Path] | None,
    typer.Option(metavar="FILE", help="CSV of further items: label, qid, aliases, confidence, evidence."),
]
COLUMNS = ("kind", "iri", "label", "occurrences", "incidents", "looked_for", "candidates")


def stats(
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="[SOURCE=PATH]…", help="Snapshots; without any, the current release.")
    ] = None,
    top: Annotated[int, typer.Option(min=0, metavar="N", help="How many unlinked names to list.")] = 20,
    kind: Annotated[
        list[str] | None, typer.Option(metavar="KIND", help=f"List only these of {', '.join(KINDS)}.")
    ] = None,
    gazetteer: GAZETTEER = None,
    candidates: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What suggest or resolve found, to be shown too.", exists=True)
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="The unlinked names as CSV, and nothing else.")] = False,
) -> None:
    """Say how much of what the sources name is linked to Wikidata, and which unlinked names are in most incidents."""
    kinds = tuple(kind or KINDS[:3])  # concepts are linked in the schemes, by hand
    if unknown := set(kinds).difference(KINDS):
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}: kinds are {', '.join(KINDS)}")
    with outcome():
        vocabulary, judgements = PROJECT.vocabulary(), read_judgements(PROJECT.judgements)
        coverage = coverage_of(sources or [], vocabulary, judgements)
        unlinked = coverage.unlinked(kinds)[:top]
        similar = gazetteer_of(vocabulary, judgements, gazetteer or ())
        known = {subject.thing: subject for subject in subjects(vocabulary)}
        found_before = _read_candidates(candidates)
        owners = linked_owners(vocabulary, judgements)
        rows = [
            (each, _candidates(subject_of(each, known), similar, found_before) or owners.get(each.thing, ""))
            for each in unlinked
        ]
        if as_csv:
            written = csv.writer(sys.stdout, lineterminator="\n")
            written.writerow(COLUMNS)
            written.writerows(_cells(each, found) for each, found in rows)
            return
        out.print(_shares(coverage.shares()))
        if rows:
            out.print(_unlinked(rows))
        err.print("linked = a judgement in data/links or a concept scheme has an item for it", markup=False)


def coverage_of(sources: list[str], vocabulary: Vocabulary, judgements: tuple[Judgement, ...]) -> Coverage:
    """The coverage of these snapshots; of the current release where none is given."""
    if not sources:
        return counted(
            parse(path=folder_of_releases().current().dump, format=RdfFormat.N_QUADS), looked_for(judgements)
        )
    linked = linked_things(judgements, background(PROJECT.ontology, vocabulary))
    coverage = Coverage(linked, looked_for(judgements))
    for snapshot in given_snapshots(sources):
        for interpreted in interpret(SOURCES[snapshot.source], snapshot, vocabulary):
            if interpreted.incident is not None:
                for each in occurrences_of(snapshot.source, interpreted.incident):
                    coverage.add(each)
            for problem in interpreted.problems:
                if problem.kind in UNREAD and (kind := _kind_of_field(problem.field)) is not None:
                    coverage.add_unread(snapshot.source, kind, problem.value)
    if not coverage.shares():
        raise HarmgraphError(f"{', '.join(sources)}: no record names anything; is the snapshot empty?")
    return coverage


def gazetteer_of(
    vocabulary: Vocabulary, judgements: tuple[Judgement, ...], files: list[Path] | tuple[Path, ...]
) -> Similar:
    """What is known offline: our linked things, and the items of these files."""
    entries = [*judged_entries(judgements, vocabulary)]
    countries = {each.item: each.country for each in entries}
    for file in files:  # such files do not say of which country an item is, but of a linked one we know it
        entries += (replace(each, country=countries.get(each.item)) for each in read_gazetteer(file))
    return Similar(entries, (name for each in subjects(vocabulary) for name in each.names))


def subject_of(each: Unlinked, known: Mapping[NamedNode, Subject]) -> Subject:
    """The thing with the names that the lookups have for it, or with its label alone."""
    return known.get(each.thing) or Subject(each.thing, each.label, (each.label,))


def linked_owners(vocabulary: Vocabulary, judgements: Iterable[Judgement]) -> Mapping[NamedNode, str]:
    """For each organisation and system without an item, the nearest owner or developer that has one, in words.

    That item is another thing, which only says where to look: the items of what it owns lead there.
    """
    linked = {
        each.subject: f"{each.object_label} {each.object.value.removeprefix(WD.iri)}"
        for each in judgements
        if each.holds and each.predicate == SKOS.exactMatch and each.object is not None
    }
    above = {each.slug: each.parent for each in vocabulary.organisations}
    found: dict[NamedNode, str] = {}
    belonging = [(mint("organisation", slug), owner) for slug, owner in above.items()]
    belonging += [(mint("system", each.slug), each.developer) for each in vocabulary.known_systems]
    for thing, owner in belonging:
        while owner is not None and mint("organisation", owner) not in linked:
            owner = above[owner]
        if owner is not None and thing not in linked:
            found[thing] = f"part of {linked[mint('organisation', owner)]}"
    return found


def _read_candidates(file: Path | None) -> Mapping[NamedNode, list[Judgement]]:
    """What is proposed for each thing in a file of candidates, the best first."""
    found: defaultdict[NamedNode, list[Judgement]] = defaultdict(list)
    for _, each in read_file(file) if file is not None else ():
        if each.object is not None and not each.reviewed:
            found[each.subject].append(each)
    return {thing: sorted(each, key=lambda one: -one.confidence) for thing, each in found.items()}


def _candidates(subject: Subject, similar: Similar, found_before: Mapping[NamedNode, list[Judgement]]) -> str:
    """Three candidates at most: those of the file come before names that are only similar."""
    found: dict[str, str] = {}
    for one in found_before.get(subject.thing, ()):
        number = one.object.value.removeprefix(WD.iri) if one.object is not None else ""
        found.setdefault(number, f"{one.object_label} {number} {one.confidence:.2f}")
    for each in similar.suggest(subject, most=3):
        number = each.item.value.removeprefix(WD.iri)
        found.setdefault(number, f"{each.item_label} {number} {each.score:.2f}")
    return " | ".join([*found.values()][:3])


def _kind_of_field(field: str) -> str | None:
    try:
        kind = field_of(field)
    except KeyError:
        return None
    return {"jurisdiction": "place", "slug": "organisation"}.get(kind, kind)


def _shares(shares: list[Share]) -> Table:
    table = Table("source", "kind", box=None)
    for name in ("occurrences", "linked", "%", "names", "linked", "%", "unread", "names nothing"):
        table.add_column(name, justify="right")
    for each in shares:
        by_occurrence = f"{each.occurrences:,}", f"{each.linked:,}", _percent(each.by_occurrence)
        by_name = f"{each.names:,}", f"{each.linked_names:,}", _percent(each.by_name)
        table.add_row(each.source, each.kind, *by_occurrence, *by_name, f"{each.unread:,}", f"{each.nowhere:,}")
    return table


def _percent(share: float) -> str:
    """Rounded down: 100.0 means all of them."""
    return f"{math.floor(1000 * share) / 10:.1f}"


def _unlinked(rows: list[tuple[Unlinked, str]]) -> Table:
    table = Table("unlinked", "kind", box=None)
    table.add_column("occurrences", justify="right")
    table.add_column("incidents", justify="right")
    table.add_column("candidates")
    for each, found in rows:
        note = found or ("looked for, none found" if each.looked_for else "")
        table.add_row(each.label, each.kind, f"{each.occurrences:,}", f"{each.incidents:,}", note)
    return table


def _cells(each: Unlinked, found: str) -> tuple[str, ...]:
    counts = str(each.occurrences), str(each.incidents)
    return each.kind, each.thing.value, each.label, *counts, "yes" if each.looked_for else "", found
