"""The commands that find candidates: for things that somebody names, and for whatever is unlinked and matters most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pyoxigraph import NamedNode

from harmgraph.cli.arguments import PROJECT
from harmgraph.cli.console import err, out, outcome, showing_progress
from harmgraph.cli.link_coverage import GAZETTEER, coverage_of, gazetteer_of, subject_of
from harmgraph.iris import WD, mint
from harmgraph.linking.coverage import Unlinked, kind_of, linked_things
from harmgraph.linking.judgements import Judgement, read_judgements
from harmgraph.linking.similar import Similar, Subject, Suggestion, subjects
from harmgraph.linking.suggestion_file import write_suggestions
from harmgraph.settings import Settings

if TYPE_CHECKING:
    from harmgraph.wikidata.suggesting import Online

OUTPUT = Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="SSSOM table of candidates for review.")]
ONLINE = Annotated[bool, typer.Option("--online", help="Ask Wikidata too; without it nothing leaves this machine.")]
CACHE = Annotated[Path, typer.Option(metavar="FOLDER", help="Where answers of Wikidata are kept.")]
CANDIDATES = Path("link-candidates.sssom.tsv")
KEPT = Path("snapshots/wikidata-answers")
MOST = Annotated[int, typer.Option(min=1, metavar="N", help="Candidates for each thing, at most.")]


def suggest(
    things: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SLUG]…", help="organisation slugs, or system/SLUG; without any, all of the lookups."),
    ] = None,
    output: OUTPUT = CANDIDATES,
    online: ONLINE = False,
    gazetteer: GAZETTEER = None,
    cache: CACHE = KEPT,
    most: MOST = 5,
) -> None:
    """Find candidates for curated things that have no item, by similar names, and write them for review."""
    with outcome():
        vocabulary, judgements = PROJECT.vocabulary(), read_judgements(PROJECT.judgements)
        known = {each.thing: each for each in subjects(vocabulary)}
        linked = linked_things(judgements, ())
        wanted = [_named(name, known) for name in things or ()] or [
            each for each in known.values() if each.thing not in linked
        ]
        similar = gazetteer_of(vocabulary, judgements, gazetteer or ())
        found = _found(wanted, similar, judgements, online, cache, most)
        _write([each for suggestions in found for each in suggestions], output, len(wanted))


def resolve(
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="[SOURCE=PATH]…", help="Snapshots; without any, the current release.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, metavar="N", help="How many unlinked things, by their incidents.")] = 100,
    output: OUTPUT = CANDIDATES,
    online: ONLINE = False,
    gazetteer: GAZETTEER = None,
    cache: CACHE = KEPT,
    most: MOST = 5,
) -> None:
    """Find candidates for the unlinked things of most incidents, those looked for in vain with them."""
    with outcome():
        vocabulary, judgements = PROJECT.vocabulary(), read_judgements(PROJECT.judgements)
        unlinked = coverage_of(sources or [], vocabulary, judgements).unlinked(("organisation", "system"))[:top]
        known = {each.thing: each for each in subjects(vocabulary)}
        wanted = [subject_of(each, known) for each in unlinked]
        similar = gazetteer_of(vocabulary, judgements, gazetteer or ())
        found = _found(wanted, similar, judgements, online, cache, most)
        for each, suggestions in zip(unlinked, found, strict=True):
            _tell(each, suggestions)
        noted = [
            replace(one, evidence=f"{each.incidents:,} incidents; {one.evidence}")
            for each, suggestions in zip(unlinked, found, strict=True)
            for one in suggestions
        ]
        _write(noted, output, len(wanted))


def _found(
    wanted: Sequence[Subject],
    similar: Similar,
    judgements: Sequence[Judgement],
    online: bool,
    cache: Path,
    most: int,
) -> list[list[Suggestion]]:
    """Offline and, where that is asked for, online suggestions; never a pair that is judged already."""
    found = [similar.suggest(each, most) for each in wanted]
    if online:
        with _wikidata(similar, judgements, cache) as wikidata, showing_progress() as progress:
            more = wikidata.suggest(wanted, most, lambda done: progress("things looked up", done))
        found = [_together(*each, most) for each in zip(found, more, strict=True)]
    judged = {(each.subject, each.object) for each in judgements if each.reviewed}
    return [[one for one in suggestions if (one.thing, one.item) not in judged] for suggestions in found]


def _together(offline: list[Suggestion], online: list[Suggestion], most: int) -> list[Suggestion]:
    """Of an item that both found what Wikidata itself says of it."""
    best = {each.item: each for each in offline} | {each.item: each for each in online}
    return sorted(best.values(), key=lambda each: (-each.score, each.item.value))[:most]


@contextmanager
def _wikidata(similar: Similar, judgements: Sequence[Judgement], cache: Path) -> Iterator[Online]:
    from harmgraph.wikidata.client import Client  # httpx, which the other commands do not need
    from harmgraph.wikidata.suggesting import Online

    settings = Settings.from_environment()
    with ExitStack() as clients:
        api = clients.enter_context(Client(settings.wikidata_api_url, cache, settings.wikidata_contact))
        service = None
        if settings.wikidata_reconciliation_url:
            url = settings.wikidata_reconciliation_url
            service = clients.enter_context(Client(url, cache, settings.wikidata_contact))
        yield Online(service, api, similar, items_of_countries(judgements))


def items_of_countries(judgements: Sequence[Judgement]) -> dict[str, str]:
    """The number of the item of each country, by its alpha-3 code."""
    return {
        each.subject.value.rpartition("/")[2]: each.object.value.removeprefix(WD.iri)
        for each in judgements
        if each.holds and each.object is not None and each.subject.value.startswith(mint("country", "").value)
    }


def _named(name: str, known: Mapping[NamedNode, Subject]) -> Subject:
    kind, _, slug = name.rpartition("/")
    subject = known.get(mint(kind or "organisation", slug))
    if subject is None:
        raise typer.BadParameter(f"{name!r} is no slug of data/lookups; write acme, or system/acme for a system")
    return subject


def _tell(each: Unlinked, suggestions: Sequence[Suggestion]) -> None:
    first = next(iter(suggestions), None)
    best = (
        "no candidate"
        if first is None
        else f"{first.item_label} {first.item.value.removeprefix(WD.iri)} {first.score:.2f}"
    )
    looked = " (looked for, none found)" if each.looked_for else ""
    out.print(
        f"{each.incidents:>5,}  {kind_of(each.thing)}  {each.label}{looked}: {best}", markup=False, soft_wrap=True
    )


def _write(suggestions: Sequence[Suggestion], output: Path, wanted: int) -> None:
    number = write_suggestions(suggestions, output, date.today())
    with_some = len({each.thing for each in suggestions})
    out.print(f"{number:,} candidates for {with_some:,} of {wanted:,} things in {output}", markup=False, soft_wrap=True)
    err.print(f"next: harmgraph link review {output}", markup=False)
