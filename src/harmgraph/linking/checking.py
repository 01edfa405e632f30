"""Judgements → what is amiss with the positive ones: among themselves, against a gazetteer, and against the items.

Items change after a person has looked at them: they are deleted, merged, renamed, made into something else. Nothing
here mends a judgement; each finding says which line to look at again. What an item is today is asked by
`harmgraph.wikidata.entities`, or read from a slice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from pyoxigraph import NamedNode

from harmgraph import names
from harmgraph.iris import SKOS, WD, curie, mint
from harmgraph.linking.coverage import kind_of
from harmgraph.linking.items import Item, is_number
from harmgraph.linking.judgements import Judgement
from harmgraph.linking.similar import Entry, Subject, subjects
from harmgraph.vocabulary import Vocabulary

_KINDS: Final = ("organisation", "system", "place")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something amiss with the link of this thing. An error makes the link wrong, a warning is for a person to see."""

    kind: str
    thing: NamedNode
    message: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        return f"{curie(self.thing.value)}: {self.kind}: {self.message}"


def positive(judgements: Iterable[Judgement]) -> list[Judgement]:
    """The judgements that link a thing to an item of Wikidata."""
    return [
        each
        for each in judgements
        if each.holds
        and each.object is not None
        and each.object.value.startswith(WD.iri)
        and kind_of(each.subject) in _KINDS
    ]


def number_of(judgement: Judgement) -> str:
    """The number of the item."""
    return judgement.object.value.removeprefix(WD.iri) if judgement.object is not None else ""


def check_judgements(judgements: Iterable[Judgement], vocabulary: Vocabulary) -> Iterator[Finding]:
    """What the judgements contradict: one another, or the lookups."""
    everything = [each for each in judgements if kind_of(each.subject) in _KINDS]
    links = positive(everything)
    exact = [each for each in links if each.predicate == SKOS.exactMatch]
    yield from _shared(exact)
    of_thing = _grouped(exact)
    known = {each.thing for each in subjects(vocabulary)} | {mint(each.kind, each.code) for each in vocabulary.places}
    negated = {(each.subject, each.predicate, each.object) for each in everything if each.reviewed and each.negated}
    for thing, found in of_thing.items():
        if len(found) > 1:
            several = ", ".join(f"{number_of(each)} {each.object_label}" for each in found)
            yield Finding("two-items", thing, f"is exactly each of {several}; one of them, or a closeMatch, is meant")
    for each in everything:
        if each.subject not in known:
            yield Finding("unknown-thing", each.subject, "no lookup has it; mend the slug, or take the line out")
        if each.reviewed and each.object is None and each.subject in of_thing:
            yield Finding("contradiction", each.subject, "is linked, and another line says that no item was found")
    for each in links:
        if not is_number(number_of(each)):
            yield Finding("no-item", each.subject, f"{number_of(each)!r} is no number of an item, as Q95 is")
        if (each.subject, each.predicate, each.object) in negated:
            yield Finding("contradiction", each.subject, f"{number_of(each)} is judged to be it and not to be it")


def check_gazetteer(
    judgements: Iterable[Judgement], vocabulary: Vocabulary, entries: Iterable[Entry]
) -> Iterator[Finding]:
    """Where a file of items with evidence says something else: another item under the name, or another name."""
    by_item: defaultdict[NamedNode, set[str]] = defaultdict(set)
    by_name: defaultdict[tuple[str, str], dict[NamedNode, str]] = defaultdict(dict)
    for entry in entries:
        for name in entry.names:
            by_item[entry.item].add(names.key_without_legal_form(name))
            by_name[entry.kind, names.key_without_legal_form(name)][entry.item] = entry.label
    known = {each.thing: each for each in subjects(vocabulary)}
    for each in positive(judgements):
        if each.predicate != SKOS.exactMatch or (subject := known.get(each.subject)) is None or each.object is None:
            continue
        ours = _keys((*subject.names, each.object_label))
        if (theirs := by_item.get(each.object)) and not ours & theirs:
            said = ", ".join(sorted(theirs))
            yield Finding("other-name", each.subject, f"the gazetteer has {number_of(each)} as {said}", "warning")
        others = by_name.get((subject.kind, names.key_without_legal_form(subject.label)), {})
        if others and each.object not in others:
            said = ", ".join(f"{item.value.removeprefix(WD.iri)} {label}" for item, label in others.items())
            yield Finding("other-item", each.subject, f"the gazetteer has {said} by this name", "warning")


def check_items(
    judgements: Iterable[Judgement],
    vocabulary: Vocabulary,
    items: Mapping[str, Item],
    earlier: Mapping[str, Item] | None = None,
) -> Iterator[Finding]:
    """What has become of the items; ``earlier`` is what they were, which tells a new type from an old one."""
    links = positive(judgements)
    known = {each.thing: each for each in subjects(vocabulary)}
    codes = {number_of(each): each.subject.value.rpartition("/")[2] for each in links if _is_country(each.subject)}
    for each in links:
        if (item := items.get(number_of(each))) is None:
            continue
        if item.missing:
            yield Finding("dead", each.subject, f"{item.asked} {each.object_label} does not exist any more")
            continue
        if item.redirected:
            yield Finding(
                "redirected", each.subject, f"{item.asked} redirects to {item.id} {item.label}; write that one"
            )
        yield from _types(each, item, (earlier or {}).get(item.asked))
        yield from _name(each, item, known.get(each.subject))
        yield from _country(each, item, known.get(each.subject), codes)
    # What redirects to the item of another thing makes two things one.
    moved = {number: item.id for number, item in items.items() if item.redirected and not item.missing}
    exact = [each for each in links if each.predicate == SKOS.exactMatch]
    for one in exact:
        for other in exact if number_of(one) in moved else ():
            if moved[number_of(one)] == number_of(other):
                said = f"its item now is {number_of(other)}, the item of {curie(other.subject.value)}"
                yield Finding("shared-item", one.subject, said)


def _shared(exact: Iterable[Judgement]) -> Iterator[Finding]:
    things: defaultdict[str, list[Judgement]] = defaultdict(list)
    for each in exact:
        things[number_of(each)].append(each)
    for number, found in things.items():
        for other in found[1:]:
            first = curie(found[0].subject.value)
            said = f"{number} {other.object_label} is exactly {first} too; two things are not one item"
            yield Finding("shared-item", other.subject, said)


def _grouped(links: Iterable[Judgement]) -> dict[NamedNode, list[Judgement]]:
    found: defaultdict[NamedNode, list[Judgement]] = defaultdict(list)
    for each in links:
        found[each.subject].append(each)
    return found


def _types(each: Judgement, item: Item, before: Item | None) -> Iterator[Finding]:
    if (never := item.is_never) is not None:
        yield Finding("retyped", each.subject, f"{item.id} {item.label} is {never}")
    elif before is not None and before.types and not set(before.types) & set(item.types):
        was, now = ", ".join(before.types), ", ".join(item.types) or "nothing"
        yield Finding("retyped", each.subject, f"{item.id} {item.label} was of type {was} and is of {now}", "warning")


def _name(each: Judgement, item: Item, subject: Subject | None) -> Iterator[Finding]:
    """The item has to have a name that the judgement or the thing has."""
    ours = _keys((each.object_label, each.subject_label, *(subject.names if subject is not None else ())))
    if item.names and not ours & _keys(item.names):
        said = f"{item.id} was {each.object_label!r} and is {item.label!r} ({item.description or 'no description'})"
        yield Finding("relabelled", each.subject, said, "warning")


def _country(each: Judgement, item: Item, subject: Subject | None, codes: Mapping[str, str]) -> Iterator[Finding]:
    if _is_country(each.subject):
        code = each.subject.value.rpartition("/")[2]
        if item.alpha3 and code not in item.alpha3 and each.predicate == SKOS.exactMatch:
            yield Finding(
                "wrong-country", each.subject, f"{item.id} {item.label} has the code {', '.join(item.alpha3)}"
            )
        return
    theirs = [codes.get(number, number) for number in item.countries]
    if subject is not None and subject.country is not None and theirs and subject.country not in theirs:
        said = f"{item.id} {item.label} is of {', '.join(theirs)}, and data/lookups has {subject.country}"
        yield Finding("wrong-country", each.subject, said, "warning")


def _is_country(thing: NamedNode) -> bool:
    return thing.value.startswith(mint("country", "").value)


def _keys(given: Iterable[str]) -> set[str]:
    """The names as they are compared, with and without what stands in parentheses: "Gemini (chatbot)"."""
    both = (form for name in given for form in (name, names.without_parenthesis(name)[0]))
    return {key for key in map(names.key_without_legal_form, both) if key}
