"""The terms of each entry of genai-incidents, and how the corpus stands by it → the licence of its record.

Most entries are under the terms of the corpus; what it has taken from others, it marks entry by entry.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from harmgraph.errors import Problem
from harmgraph.iris import slug_of
from harmgraph.model import SourceRecord
from harmgraph.sources.aiaaic import is_address, tidy
from harmgraph.sources.base import Licence

LICENCE: Final = Licence(
    iri="https://creativecommons.org/licenses/by/4.0/",
    rights_holder="Emmanuel G. Junior Rodrigues",
    citation="genai_incidents: a dataset of GenAI and agentic-AI security incidents",
    homepage="https://github.com/emmanuelgjr/genai_incidents",
)

_STANDING: Final[Mapping[str, str]] = {"disputed": "alleged", "retracted": "retracted"}
"""Status of an entry → concept of the scheme ``assertion-status``; an entry without one stands as published."""


def licensed(record: SourceRecord) -> SourceRecord:
    """The record with the terms and the standing of its own that the entry states."""
    terms = record.fields.get("content_license", "")
    licence = _licence_in(terms) if terms else LICENCE
    if licence is None:
        message = (
            "should name license, license_url and attribution; the entry is quarantined, for its terms are unknown"
        )
        problem = Problem(
            record.source, record.local, "content_license", terms[:200], "unreadable-licence", message, "error"
        )
        return replace(record, problems=(*record.problems, problem))
    status = record.fields.get("status", "")
    if status in _STANDING:
        licence = replace(licence, assertion_status=_STANDING[status])
    elif record.fields.get("quality_tier") == "auto":  # taken over in bulk, and no person has looked at it
        licence = replace(licence, assertion_status="inferred")
    return record if licence == LICENCE else replace(record, licence=licence)


def _licence_in(terms: str) -> Licence | None:
    """The terms as the field ``content_license`` has them, or None where they cannot be told."""
    try:
        stated = json.loads(terms)
    except ValueError:
        return None
    if not isinstance(stated, dict):
        return None
    address, holder = stated.get("license_url"), stated.get("attribution")
    if not (isinstance(address, str) and is_address(address) and isinstance(holder, str) and slug_of(holder)):
        return None
    page = stated.get("attribution_url")
    return Licence(
        iri=address,
        rights_holder=tidy(holder),
        citation=f"{tidy(holder)}, by way of genai_incidents",
        homepage=page if isinstance(page, str) and is_address(page) else LICENCE.homepage,
    )
