"""The commands by which a maintainer reviews what readers suggest.

What strangers wrote reaches the terminal as text: no markup of rich, no control character, no escape sequence.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any, Final

import typer
from pyoxigraph import Literal, NamedNode
from rich.table import Column, Table
from rich.text import Text

from harmgraph.cli.console import err, out, outcome
from harmgraph.errors import HarmgraphError
from harmgraph.inbox.deciding import decide
from harmgraph.inbox.drafting import draft
from harmgraph.inbox.folder import NEW, STATES, Inbox
from harmgraph.inbox.standing import Standing, standing
from harmgraph.inbox.suggestion import Suggestion
from harmgraph.iris import BASE, curie
from harmgraph.settings import Settings

_INDENTED: Final = "\n" + " " * 13
"""A line of a text never begins where a field does, or it could pass for one."""
FORMATS: Final = ("text", "json")

Format = Annotated[str, typer.Option("--format", "-f", help="text, or json.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="A name from the list, or the beginning or end of one.")]
Reviewer = Annotated[
    str, typer.Option(metavar="WHO", help="Who decides: orcid:0000-0000-0000-0000, or a name.", show_default=False)
]


def list_(
    state: Annotated[str, typer.Option(help=f"Only those that are {', '.join(reversed(STATES))}; or all.")] = NEW,
    form: Format = "text",
) -> None:
    """List the suggestions, the oldest first."""
    if state not in (*STATES, "all"):
        raise typer.BadParameter(f"there is no state {state!r}; there are {', '.join(reversed(STATES))} and all")
    _require_format(form)
    with outcome():
        inbox = _inbox()
        rows = list(_listed(inbox, STATES[::-1] if state == "all" else (state,)))
        if form == "json":
            sys.stdout.write(json.dumps([_json(each, where) for where, each in rows], indent=1) + "\n")
            return
        if not sys.stdout.isatty():
            for where, each in rows:
                sys.stdout.write("\t".join(_row(where, each)) + "\n")
            return
        table = Table("state", "name", "kind", "about", Column("text", overflow="ellipsis"), box=None)
        for where, each in rows:
            table.add_row(*map(Text, _row(where, each)))
        out.print(table)


def show(name: Name, form: Format = "text") -> None:
    """Show a suggestion, and what the current release says of it."""
    _require_format(form)
    with outcome():
        inbox = _inbox()
        state, found = inbox.find(name)
        suggestion = inbox.suggestion(state, found)
        known = _standing(suggestion)
        if form == "json":
            told = {**_json(suggestion, state), "release": _standing_json(known)}
            sys.stdout.write(json.dumps(told, indent=1) + "\n")
            return
        for label, text in _lines(suggestion, state, known):
            out.print(Text(f"{label:<13}", style="dim") + Text(plain(text).replace("\n", _INDENTED)), soft_wrap=True)


def accept(
    name: Name, reviewer: Reviewer, note: Annotated[str, typer.Option(help="What is to be done, or was.")] = ""
) -> None:
    """Accept a suggestion; where it proposes a value for an incident, draft the curated record that says so."""
    with outcome():
        inbox = _inbox()
        state, found = inbox.find(name)
        suggestion = inbox.suggestion(state, found)
        known = _standing(suggestion)
        text = None if known is None else draft(suggestion, known.label, known.records, note)
        path = decide(inbox, found, "accepted", _named(reviewer), note, beside=text)
        out.print(f"accepted, in {path}", markup=False, soft_wrap=True)
        if text is not None:
            out.print(f"a draft of a curated record is in {path.with_suffix('.toml')}", markup=False, soft_wrap=True)
        elif known is None:
            err.print(
                "no record was drafted, since it begins with what the release says; undo and accept again for one"
            )
        else:
            err.print("no record was drafted: it proposes nothing that a curated record states by itself")


def reject(
    name: Name, reviewer: Reviewer, reason: Annotated[str, typer.Option(help="Why.", show_default=False)]
) -> None:
    """Reject a suggestion, with the reason."""
    with outcome():
        if not reason.strip():
            raise HarmgraphError("a rejection needs its reason; give --reason TEXT")
        out.print(f"rejected, in {decide(_inbox(), name, 'rejected', _named(reviewer), reason)}", markup=False)


def undo(name: Name, reviewer: Reviewer, note: Annotated[str, typer.Option(help="Why.")] = "") -> None:
    """Take the decision on a suggestion back; the file goes on saying that there was one."""
    with outcome():
        out.print(f"undone, in {decide(_inbox(), name, NEW, _named(reviewer), note)}", markup=False, soft_wrap=True)


def plain(text: str) -> str:
    r"""The text without anything that a terminal would obey or that turns it round; each becomes its code.

    >>> plain("a\x1b[2Jb\u202ec")
    'a<U+001B>[2Jb<U+202E>c'
    """
    return "".join(each if each.isprintable() or each == "\n" else f"<U+{ord(each):04X}>" for each in text)


def _inbox() -> Inbox:
    inbox = Inbox.of(Settings.from_environment())
    if inbox is None:
        raise HarmgraphError("there is no inbox; set HARMGRAPH_INBOX to the folder that the service writes")
    return inbox


def _require_format(form: str) -> None:
    if form not in FORMATS:
        raise typer.BadParameter(f"there is no format {form!r}; there are {', '.join(FORMATS)}")


def _named(reviewer: str) -> str:
    if not reviewer.strip():
        raise HarmgraphError("who decides is part of the decision; give --reviewer orcid:… or a name")
    return reviewer.strip()


def _listed(inbox: Inbox, states: tuple[str, ...]) -> Iterator[tuple[str, Suggestion]]:
    for state in states:
        for name in inbox.names(state):
            try:
                yield state, inbox.suggestion(state, name)
            except HarmgraphError as fault:  # the others are there nevertheless
                err.print(plain(str(fault)), markup=False)


def _standing(suggestion: Suggestion) -> Standing | None:
    """What the current release says; None, with the reason on standard error, where none can be asked."""
    from harmgraph.store.opening import open_store  # what opens stores: not for the other commands

    settings = Settings.from_environment()
    if settings.store == "auto":
        settings = replace(settings, store="disk")
    logging.getLogger("harmgraph.store").setLevel(logging.ERROR)

    async def ask() -> Standing:
        store = await open_store(settings)
        try:
            return await standing(store, suggestion, settings.query_timeout)
        finally:
            await store.close()

    try:
        return asyncio.run(ask())
    except HarmgraphError as fault:
        err.print(f"what the release says is not known: {plain(str(fault))}", markup=False)
        return None


def _row(state: str, each: Suggestion) -> tuple[str, ...]:
    text = " ".join(plain(each.text).split())
    return state, each.name, each.kind, plain(each.thing.value.removeprefix(f"{BASE}id/")), text[:200]


def _lines(each: Suggestion, state: str, known: Standing | None) -> Iterator[tuple[str, str]]:
    yield "name", f"{each.name} ({state})"
    yield "sent", each.created
    yield "kind", each.kind
    yield "about", each.thing.value + (f" ({known.label})" if known is not None and known.label else "")
    if each.statement is not None:
        yield "statement", f"{curie(each.statement[1].value)} {_shown(each.statement[2])}"
    yield "text", f"{each.text}" + (f" @{each.language}" if each.language else "")
    if each.proposal is not None:
        yield "proposes", _shown(each.proposal)
    if each.evidence is not None:
        yield "evidence", each.evidence.value
    if each.creator:
        yield "from", each.creator
    if known is not None:
        yield from _said(each, known)
    for review in each.reviews:
        yield review.verdict, f"{review.at} by {review.reviewer}" + (f": {review.note}" if review.note else "")


def _said(each: Suggestion, known: Standing) -> Iterator[tuple[str, str]]:
    yield "release", known.release
    if each.statement is not None:
        by = ", ".join(sayer.removeprefix(f"{BASE}id/") for sayer in known.sayers)
        yield "says", f"so, in {by}" if by else "this no longer, or never did"
        yield "values now", "; ".join(map(_shown, known.values)) or "none"


def _shown(term: NamedNode | Literal) -> str:
    return curie(term.value) if isinstance(term, NamedNode) else str(term)


def _json(each: Suggestion, state: str) -> dict[str, Any]:
    statement = None
    if each.statement is not None:
        statement = dict(zip(("subject", "predicate", "object"), map(str, each.statement), strict=True))
    return {
        "name": each.name,
        "state": state,
        "created": each.created,
        "kind": each.kind,
        "about": each.thing.value,
        "statement": statement,
        "text": each.text,
        "language": each.language or None,
        "proposal": str(each.proposal) if each.proposal is not None else None,
        "evidence": each.evidence.value if each.evidence is not None else None,
        "creator": each.creator or None,
        "reviews": [{"verdict": r.verdict, "reviewer": r.reviewer, "at": r.at, "note": r.note} for r in each.reviews],
    }


def _standing_json(known: Standing | None) -> dict[str, Any] | None:
    if known is None:
        return None
    return {"id": known.release, "label": known.label, "sayers": [*known.sayers], "values": [*map(str, known.values)]}
