"""Whom and what an entry of the AI Vulnerability Database is about → developers, deployers and systems.

What the database took over from the CVE list calls the account that a program is published under its vendor, and some
entries give the system for its deployer; neither becomes an organisation.
"""

from __future__ import annotations

import re
from typing import Final

from harmgraph.model import Actor, System
from harmgraph.sources.avid_fields import objects, texts
from harmgraph.sources.base import Fields
from harmgraph.sources.values import as_text
from harmgraph.vocabulary import Vocabulary

_ACCOUNT: Final = re.compile(r"[a-z0-9][a-z0-9._-]*")


def affected(fields: Fields, vocabulary: Vocabulary) -> tuple[tuple[Actor, ...], tuple[Actor, ...], tuple[System, ...]]:
    """Developers, deployers and systems. A lone system is tied to the developers, for it is theirs."""
    artifacts = [as_text(each.get("name")) for each in objects(fields, "affects / artifacts")]
    makers = texts(fields, "affects / developer")
    developers = _actors(fields, "affects / developer", makers, vocabulary)
    users = []
    for name in texts(fields, "affects / deployer"):
        if name in artifacts and name not in makers:
            message = "is the system and not who deployed it"
            fields.report("affects / deployer", name, "system-not-organisation", message, "info")
        else:
            users.append(name)
    deployers = _actors(fields, "affects / deployer", users, vocabulary)
    found: dict[System, None] = {}
    for name in dict.fromkeys(each for each in artifacts if each.strip()):
        read = vocabulary.systems(name)
        found |= dict.fromkeys(read.systems)
        for finding in read.findings:
            fields.report("affects / artifacts", finding.value, finding.kind, finding.message, finding.severity)
    systems = tuple(found)
    if len(systems) == 1:
        systems = (System(systems[0].slug, systems[0].label, developers),)
    return developers, deployers, systems


def _actors(fields: Fields, field: str, names: list[str], vocabulary: Vocabulary) -> tuple[Actor, ...]:
    found: dict[Actor, None] = {}
    for name in names:
        if _ACCOUNT.fullmatch(name) and name != "n/a" and vocabulary.organisation_named(name) is None:
            # What the CVE list calls a vendor is often the account that a program is published under.
            message = (
                "looks like the name of an account, maybe a person's; if an organisation, add it to organisations.csv"
            )
            fields.report(field, name, "account-name", message, "info")
            continue
        read = vocabulary.actors(name)
        found |= dict.fromkeys(read.actors)
        for finding in read.findings:
            fields.report(field, finding.value, finding.kind, finding.message, finding.severity)
    return tuple(found)
