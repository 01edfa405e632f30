"""The format of curated incident files: which keys there are and what shape their values have.

``data/incidents/README.md`` describes it for those who write the files. Names that the vocabulary must know are not
checked here, but where they are resolved: in `harmgraph.sources.curated`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple

import pycountry

from harmgraph.errors import SnapshotUnreadable
from harmgraph.model import Occurred
from harmgraph.sources.aiaaic import is_address
from harmgraph.sources.tables import mended, read_text

_TEXTS: Final = ("incident", "title", "occurred", "description")
_LISTS: Final = (
    "also_known_as",
    "sources",
    "pages",
    "concepts",
    "jurisdictions",
    "deployers",
    "developers",
    "purposes",
    "related",
)


class _Keys(NamedTuple):
    required: frozenset[str]
    optional: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    """Those whose value is a list of strings; the others are strings."""


_DOCUMENT: Final = _Keys(frozenset({"key"}), frozenset({"publisher", "title", "published", "url"}))
_TABLES: Final[Mapping[str, _Keys]] = {
    "systems": _Keys(frozenset({"slug", "label"}), lists=frozenset({"developers"})),
    "mentioned_systems": _Keys(frozenset({"slug", "label"})),
    "reports": _DOCUMENT,
    "documents": _DOCUMENT,
    "claims": _Keys(
        frozenset({"key", "text"}),
        frozenset({"claimant", "claimant_office", "on_behalf_of", "report"}),
        frozenset({"concerns_harm"}),
    ),
    "outcomes": _Keys(frozenset({"key", "kind", "what", "source"}), frozenset({"amount", "currency", "date", "body"})),
}
_REQUIRED: Final = ("incident", "title", "sources")
_LOCAL: Final = re.compile(r"[A-Za-z0-9][\w.-]*")
SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_AMOUNT: Final = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_SOURCE: Final = re.compile(r"[a-z]+(?:-[a-z]+)*/[\w.-]+", re.ASCII)
"""``source/record``: ``aiaaic-sheet/AIAAIC0850``, ``aiid/AIID-4``, ``genai-incidents/INC-05349``."""
_DATE: Final = r"\d{4}(?:-\d{2}(?:-\d{2})?)?"
_EDTF: Final = re.compile(rf"{_DATE}|(?:{_DATE}|\.\.)/(?:{_DATE}|\.\.)")


def read_curated(file: Path) -> dict[str, Any]:
    """The values of one file, all keys known and all values of the right shape; raises `SnapshotUnreadable`."""
    text = read_text(file)
    for number, (line, fit) in enumerate(zip(text.split("\n"), mended(text).split("\n"), strict=True), start=1):
        if line != fit:
            raise SnapshotUnreadable(f"{file}: line {number} holds a character that RDF cannot hold: {fit!r}; mend it")
    try:
        values = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SnapshotUnreadable(f"{file}: {error}") from error
    for message in _slips(file, values):
        raise SnapshotUnreadable(f"{file}: {message}; data/incidents/README.md has the format")
    return values


def _slips(file: Path, values: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the file; the later checks rely on the earlier ones."""
    for key, value in values.items():
        yield from _shape(key, value)
    yield from (f"key {key!r} is missing" for key in _REQUIRED if not values.get(key))
    if values["incident"] != file.stem or not _LOCAL.fullmatch(values["incident"]):
        yield f"key 'incident' is {values['incident']!r}, but the file is named {file.name}"
    yield from _dates(values)
    yield from (
        f"key 'pages' holds {page!r}, no http(s) address" for page in values.get("pages", ()) if not is_address(page)
    )
    yield from _references(values)
    yield from _outcomes(values)


def _shape(key: str, value: object) -> Iterator[str]:
    if key in _TEXTS:
        if not isinstance(value, str) or not value.strip():
            yield f"key {key!r} should be a text"
    elif key in _LISTS:
        if not _is_texts(value):
            yield f"key {key!r} should be a list of texts"
    elif key not in _TABLES:
        yield f"key {key!r} is not known"
    elif not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        yield f"key {key!r} should be tables: [[{key}]]"
    else:
        for number, table in enumerate(value, start=1):
            yield from _table(f"[[{key}]] {number}", table, _TABLES[key])


def _table(place: str, table: Mapping[str, object], keys: _Keys) -> Iterator[str]:
    for key, value in table.items():
        if key not in keys.required | keys.optional | keys.lists:
            yield f"{place}: key {key!r} is not known"
        elif key in keys.lists and not _is_texts(value):
            yield f"{place}: key {key!r} should be a list of texts"
        elif key not in keys.lists and not (isinstance(value, str) and value.strip()):
            yield f"{place}: key {key!r} should be a text"
        elif key in {"key", "slug"} and not SLUG.fullmatch(str(value)):
            yield f"{place}: {key} {value!r} should be lower-case letters and digits, joined by hyphens"
    yield from (f"{place}: key {key!r} is missing" for key in sorted(keys.required - table.keys()))


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) and each.strip() for each in value)


def _dates(values: Mapping[str, Any]) -> Iterator[str]:
    documents = [*values.get("reports", ()), *values.get("documents", ())]
    dates = [*(each.get("published") for each in documents), *(each.get("date") for each in values.get("outcomes", ()))]
    for text in (values.get("occurred"), *dates):
        if text is None:
            continue
        if not _is_date(text):
            yield f"{text!r} is no date as EDTF writes it: 2022, 2022-03, 2022-03-14, 2022/2023, 2018/.."


def _is_date(text: str) -> bool:
    if _EDTF.fullmatch(text) is None:
        return False
    try:
        for end in text.split("/"):
            if end != "..":
                date(*[*map(int, end.split("-")), 1, 1][:3])  # ValueError for the 13th month
    except ValueError:
        return False
    earliest, latest = Occurred(text).earliest, Occurred(text).latest
    return earliest is None or latest is None or earliest <= latest


def _references(values: Mapping[str, Any]) -> Iterator[str]:
    documents = [*values.get("reports", ()), *values.get("documents", ())]
    claims = values.get("claims", ())
    for kind, tables in (("report", documents), ("claim", claims), ("outcome", values.get("outcomes", ()))):
        keys = [each["key"] for each in tables]
        yield from (f"the {kind} key {key!r} stands twice" for key in sorted(keys) if keys.count(key) > 1)
    known = {document["key"] for document in documents}
    for claim in claims:
        if "report" in claim and claim["report"] not in known:
            yield f"claim {claim['key']!r}: report {claim['report']!r} is none of [[reports]] and [[documents]]"
        if "claimant" in claim and "claimant_office" in claim:
            yield f"claim {claim['key']!r} has both claimant and claimant_office; one of them makes it"
    yield from (
        f"report {document['key']!r}: {document['url']!r} is no http(s) address"
        for document in documents
        if "url" in document and not is_address(document["url"])
    )
    described = " ".join(values.get("description", "").split())
    for system in values.get("mentioned_systems", ()):
        if system["label"] not in described:
            yield f"the description does not name the mentioned system {system['label']!r}"


def _outcomes(values: Mapping[str, Any]) -> Iterator[str]:
    """An outcome names the record that states it, and a sum has a currency."""
    sources = values["sources"]
    yield from (f"key 'sources' holds {each!r}; write source/record" for each in sources if not _SOURCE.fullmatch(each))
    for outcome in values.get("outcomes", ()):
        key, amount, currency = outcome["key"], outcome.get("amount"), outcome.get("currency")
        if outcome["source"] not in sources:
            yield f"outcome {key!r}: {outcome['source']!r} is none of 'sources'"
        if (amount is None) != (currency is None):
            yield f"outcome {key!r}: amount and currency come together"
        if amount is not None and not _AMOUNT.fullmatch(amount):
            yield f"outcome {key!r}: amount {amount!r} should be digits, with a point before the decimals"
        if currency is not None and pycountry.currencies.get(alpha_3=currency) is None:
            yield f"outcome {key!r}: currency {currency!r} is no code of ISO 4217"
