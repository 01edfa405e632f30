"""What an entry of genai-incidents is about, and by what keys its incident is known in other databases.

Both follow from the entry's raw fields alone, so that identity can be settled before anything is interpreted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from harmgraph.model import SourceRecord
from harmgraph.sources.genai_codes import DEMONSTRATION_TAGS, EVENT_TAGS, VULNERABILITY_TAGS
from harmgraph.sources.keys import key_of_url

CVE: Final = re.compile(r"CVE-\d{4}-\d{4,9}")
ADVISORIES: Final = ("https://nvd.nist.gov/vuln/", "https://github.com/advisories/")


def keys_of_entry(record: SourceRecord) -> frozenset[str]:
    """By what the entry can be known elsewhere; nothing for a retracted or unreadable one."""
    if record.fields.get("status") == "retracted" or any(each.severity == "error" for each in record.problems):
        return frozenset()
    key = key_of_url(record.fields.get("primary_reference", ""))
    found = {key} if key is not None else set()
    found |= {key for name in texts_of(record, "source_ids") if (key := _key_of_source_id(name)) is not None}
    if number := record.fields.get("aiid_id"):
        found.add(f"aiid:{number}")
    cves = _standing_cves(record)
    if len(cves) == 1 and kind_of(record) == "vulnerability":
        # A CVE id names one weakness, so it is the key of an entry about that alone, and of no event or list.
        found.add(f"cve:{cves[0]}")
    return frozenset(found)


def kind_of(record: SourceRecord) -> str:
    """Concept of the scheme ``kind``: the corpus does not say it in so many words, its tags and references do."""
    tags, address = frozenset(texts_of(record, "tags")), record.fields.get("primary_reference", "")
    key = key_of_url(address) or ""
    if tags & EVENT_TAGS or key.startswith(("aiid:", "aiaaic-page:", "oecd:")):
        return "incident"
    if tags & VULNERABILITY_TAGS or texts_of(record, "cve_ids") or address.startswith(ADVISORIES):
        return "vulnerability"
    if re.fullmatch(r"avid:AVID-\d{4}-V\d+", key):
        return "vulnerability"
    if tags & DEMONSTRATION_TAGS or key.startswith("avid:") or address.startswith("https://arxiv.org/"):
        return "demonstration"
    return "incident"


def monitor_ids(pages: tuple[str, ...]) -> Iterator[str]:
    """The identifiers in the OECD's monitor, of which we have no records of their own."""
    for page in pages:
        database, _, number = (key_of_url(page) or "").partition(":")
        if database == "oecd":
            yield f"OECD-AIM-{number}"


def texts_of(record: SourceRecord, field: str) -> tuple[str, ...]:
    return decoded(record.fields.get(field, ""))


@lru_cache(maxsize=1 << 12)
def decoded(text: str) -> tuple[str, ...]:
    """The strings of a list, which `genai_file` has seen to be one."""
    return tuple(each.strip() for each in json.loads(text)) if text else ()


def _standing_cves(record: SourceRecord) -> tuple[str, ...]:
    rejected = texts_of(record, "rejected_cve_ids")
    return tuple(cve for cve in texts_of(record, "cve_ids") if cve not in rejected and CVE.fullmatch(cve))


def _key_of_source_id(name: str) -> str | None:
    for prefix, database in (("AIID-", "aiid:"), ("OECD-AIM-", "oecd:")):
        if name.startswith(prefix):
            return database + name.removeprefix(prefix)
    return f"avid:{name}" if name.startswith("AVID-") else None
