"""The command by which a person judges candidates, one after the other, in a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer
from pyoxigraph import NamedNode
from rich.markup import escape
from rich.panel import Panel

from harmgraph.cli.arguments import PROJECT, given_snapshots
from harmgraph.cli.console import err, out, outcome
from harmgraph.iris import WD, curie
from harmgraph.linking.coverage import kind_of, occurrences_of
from harmgraph.linking.judgements import Judgement
from harmgraph.linking.reviewing import Review, incidents_of
from harmgraph.model import Snapshot
from harmgraph.sources import SOURCES
from harmgraph.sources.snapshot import take_snapshot
from harmgraph.vocabulary import Vocabulary

KEYS: Final = {"a": "exact", "c": "close", "r": "reject", "n": "none", "u": "unsure"}
MENU: Final = "[b]a[/]ccept  [b]c[/]lose  [b]r[/]eject  [b]n[/]one of them  [b]u[/]nsure  [b]z[/] undo  [b]q[/]uit"


def review(
    candidates: Annotated[Path, typer.Argument(metavar="FILE", help="What suggest or resolve wrote.", exists=True)],
    into: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where judgements go; else data/links of the project.")
    ] = None,
    reviewer: Annotated[str, typer.Option(metavar="ORCID", help="Who judges, as orcid:0000-0000-0000-0000.")] = "",
    unsure: Annotated[bool, typer.Option("--unsure", help="Bring back those that somebody was unsure of.")] = False,
    source: Annotated[
        list[str] | None, typer.Option("--from", metavar="SOURCE=PATH", help="Snapshots whose incidents are shown.")
    ] = None,
) -> None:
    """Judge candidates one by one. Each judgement is written at once, so you can quit and go on another day."""
    with outcome():
        session = Review.of(candidates, into or PROJECT.judgements, reviewer)
        context = _Context(PROJECT.vocabulary(), session, source or [])
        try:
            _judge_all(session, context, unsure)
        except (KeyboardInterrupt, EOFError):
            err.print()
        said = ", ".join(f"{number} {verdict}" for verdict, number in session.said().items()) or "nothing judged"
        out.print(f"{said}; {session.left()} candidates left", markup=False)
        err.print(f"next: make test, then harmgraph link review {candidates} for the rest", markup=False)


def _judge_all(session: Review, context: _Context, unsure: bool) -> None:
    seen: set[tuple[NamedNode, NamedNode | None]] = set()
    while (candidate := session.next(unsure)) is not None:
        if unsure and (candidate.subject, candidate.object) in seen:
            return
        context.show(candidate, session)
        key = out.input(f"{MENU}: ").strip().casefold()[:1]
        if key == "q":
            return
        if key == "z":
            undone = session.undo()
            back = "nothing to undo" if undone is None else f"taken back: {undone[1]} of {undone[0].object_label}"
            out.print(back, markup=False)
        elif key in KEYS:
            path = session.say(candidate, KEYS[key])
            seen.add((candidate.subject, candidate.object))
            out.print(f"{KEYS[key]}, in {path.name}", markup=False)
        else:
            out.print(f"{key!r} is none of {', '.join((*KEYS, 'z', 'q'))}; nothing was written", markup=False)


class _Context:
    """What is shown beside a candidate: what the lookups know of the thing, and incidents that name it."""

    def __init__(self, vocabulary: Vocabulary, session: Review, sources: list[str]) -> None:
        self._vocabulary = vocabulary
        curated = take_snapshot("curated", PROJECT.curated)
        snapshots = [curated, *(given_snapshots(sources) if sources else [])]
        subjects = frozenset(each.subject for each in session.candidates)
        self._incidents = incidents_of(subjects, _named(snapshots, vocabulary))

    def show(self, candidate: Judgement, session: Review) -> None:
        """Print the pair with what speaks for and against it."""
        item = candidate.object.value.removeprefix(WD.iri) if candidate.object is not None else ""
        lines = [
            f"[b]{escape(candidate.subject_label)}[/]  {kind_of(candidate.subject)}{escape(self._facts(candidate))}"
        ]
        lines += [f"  in: {escape(title)}" for title in self._incidents.get(candidate.subject, ())]
        lines += [f"  already: {escape(_said(each))}" for each in session.known(candidate.subject)]
        lines += [f"is it [b]{escape(candidate.object_label)}[/]  {item}  {candidate.confidence:.2f}?"]
        lines += [f"  {escape(part)}" for part in candidate.comment.split("; ")]
        lines += [f"  https://www.wikidata.org/wiki/{item}"]
        out.print(Panel("\n".join(lines), title=f"{session.left()} left", expand=False))

    def _facts(self, candidate: Judgement) -> str:
        slug = candidate.subject.value.rpartition("/")[2]
        organisation = self._vocabulary.organisation(slug) if kind_of(candidate.subject) == "organisation" else None
        if organisation is None:
            return ""
        facts = [
            organisation.kind,
            organisation.country or "",
            f"of {organisation.parent}" if organisation.parent else "",
        ]
        facts.append(f"also {', '.join(organisation.aliases)}" if organisation.aliases else "")
        return "".join(f", {fact}" for fact in facts if fact)


def _said(each: Judgement) -> str:
    if each.object is None:
        return f"no item found, {each.date}"
    said = f"{'not ' if each.negated else ''}{curie(each.predicate.value)}"
    return f"{said} {each.object_label} {each.object.value.removeprefix(WD.iri)}, {each.date}"


def _named(snapshots: list[Snapshot], vocabulary: Vocabulary) -> Iterator[tuple[NamedNode, str]]:
    for snapshot in snapshots:
        source = SOURCES[snapshot.source]
        for record in source.records(snapshot):
            incident = source.incident(record, vocabulary).incident
            if incident is not None and incident.title is not None:
                for each in occurrences_of(snapshot.source, incident):
                    yield each.thing, f"{incident.title} ({incident.local})"
