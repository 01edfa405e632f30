"""Slugs of harmed parties → names of organisations and groups; persons stay out.

The database lists victims beside companies and "general-public", and nobody has reviewed these 2,900 slugs. So one
is named only where a curated organisation bears it or a word in it tells a body or a group; the rest stays raw text.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from harmgraph import name_shapes, names
from harmgraph.names import Finding
from harmgraph.slugs import SlugRegister, readable

_GROUPS: Final = names.word_set(
    "academics activists actors actresses adolescents advertisers africans americans applicants artists athletes"
    " attendees authorities authors beachgoers beneficiaries bicyclists boys businesses candidates celebrities checkers"
    " children citizens claimants communities companies congresswomen conservatives constituents consumers contractors"
    " contributors countries couples creators customers democrats developers dispatchers dissidents doctors drivers"
    " editors electorate employees employers entities evacuees experts families farmers figures firefighters firms"
    " gardeners girls goers governments groups holders homeowners humans immigrants individuals inmates institutions"
    " interviewees interviewers investigators investors israelis iranians journalists journals landlords lawmakers"
    " lawyers leaders managers men minorities minors moderators moldovans mothers motorcyclists motorists musicians"
    " neighborhoods neighbors newlyweds officials offenders oncologists organizations organizers owners palestinians"
    " parents participants passengers patients pedestrians pensioners people pharmacists physicians players"
    " policymakers politicians populations professionals professors protesters public publications publishers pupils"
    " readers recipients refugees renters republicans researchers residents responders retailers reviewers scholars"
    " seekers sellers shareholders shoppers soldiers songwriters speakers staff startups streamers students subscribers"
    " suppliers taxpayers teachers teenagers tenants tourists travelers users viewers visitors voters women workers"
    " writers youtubers"
)
_LINKS: Final = names.word_set("in on of with using from under over without interested speaking having")
_RELATIVES: Final = names.word_set(
    "family families fans friend friends mother father parents daughter son sister brother wife husband widow child"
    " colleagues estate client clients followers victim victims targets"
)


_INITIAL: Final = re.compile(r"\(?[a-z]\.")
_LEFT_OUT: Final = {
    "placeholder": "names nobody",
    "private-individual": "persons are not named as harmed parties; kept as text only",
    "unclassified-party": "nothing tells an organisation or group, so it may be a person; kept as text only",
}


def harmed_names(slugs: Iterable[str], register: SlugRegister) -> tuple[tuple[str, ...], tuple[Finding, ...]]:
    """The names of the organisations and groups among these slugs; for the others, one finding of each kind."""
    found: dict[str, None] = {}
    left_out: defaultdict[str, list[str]] = defaultdict(list)
    for slug in dict.fromkeys(slugs):
        if known := _known(slug, register):
            found[known] = None
        elif (kind := _why_not(slug, register)) is None:
            found[readable(slug)] = None
        else:
            left_out[kind].append(slug)
    findings = [Finding(kind, " ".join(left), _LEFT_OUT[kind], "info") for kind, left in left_out.items()]
    return tuple(found), tuple(findings)


def _known(slug: str, register: SlugRegister) -> str | None:
    """The label of the organisation or system that is known by this slug."""
    if not register.is_known(slug):
        return None
    read = register.read([slug])
    return next((each.label for each in read.actors), None) or next((each.label for each in read.systems), None)


def _why_not(slug: str, register: SlugRegister) -> str | None:
    """Why the slug is not named, None for one that tells a group or body."""
    kind = register.kind(slug)
    if kind == "placeholder":
        return "placeholder"
    if kind == "person" or register.is_person_like(slug):
        return "private-individual"
    return None if _is_group(slug.casefold().split("-")) else "unclassified-party"


def _is_group(words: list[str]) -> bool:
    """Whether the last word tells a body or group, or one before ``in``, ``of`` and the like does.

    "Family of X", "X's fans" and "J.F." are about a person, so whatever has such a word in it does not count.
    """
    if not _RELATIVES.isdisjoint(words[:-1]) or words[0] in _RELATIVES:
        return False
    if any("'" in word or _INITIAL.match(word) for word in words):
        return False
    heads = (word in _GROUPS and after in _LINKS for word, after in pairwise(words))
    return words[-1] in _GROUPS or name_shapes.has_body_word(" ".join(words)) or any(heads)
