"""The JSON of a request → reconciliation queries and data extension queries, by version 0.2 of the API.

Shapes that the specification does not allow are refused, with the place in the message; what it only leaves open
(other members, empty names, a type nobody knows) is taken, since one cell of a table must not cost the whole batch.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from starlette.exceptions import HTTPException

from harmgraph.service.reconciliation.schema import Property, Type, property_named, type_named

BATCH: Final = 50
"""How many queries one batch may have."""
IDS: Final = 200
"""How many entities one data extension query may ask about."""
LIMIT: Final = 50
"""How many candidates a query gets at most."""
_DEFAULT_LIMIT: Final = 5
_TEXT: Final = 500
"""Characters of a name that are looked at; the longest title of an incident has about 300."""
_VALUES: Final = 20
_PROPERTIES: Final = 20

Strictness = Literal["any", "should", "all"]


@dataclass(frozen=True, slots=True)
class Condition:
    """A property with the values it should have, as text or as identifiers of ours."""

    property: Property
    values: tuple[str, ...]
    required: bool = False
    quantifier: Literal["any", "all", "none"] = "any"


@dataclass(frozen=True, slots=True)
class ReconciliationQuery:
    """A name to be found, what it should be, and what should be known of it.

    ``types`` is None where the query names no type, and empty where it names only such as nobody knows.
    """

    text: str
    types: tuple[Type, ...] | None = None
    strictness: Strictness = "any"
    limit: int = _DEFAULT_LIMIT
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """A property whose values are fetched: ``count`` for their number alone, at most ``limit`` where that is not 0."""

    property: Property
    limit: int = 0
    count: bool = False
    content: Literal["entity", "name", "id"] = "entity"


@dataclass(frozen=True, slots=True)
class ExtensionQuery:
    """Entities by their identifiers, and the properties to fetch of each."""

    ids: tuple[str, ...]
    properties: tuple[Wanted, ...]


def read_json(text: str | bytes, place: str) -> object:
    """The JSON value; raises 400 for what is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as cause:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise HTTPException(400, f"{place} is not JSON: {cause}") from cause


def read_batch(text: str) -> dict[str, ReconciliationQuery]:
    """The queries of the parameter ``queries``, by their keys."""
    batch = _object(read_json(text, "queries"), "queries")
    check_size(len(batch))
    return {name: read_query(each, f"queries.{name[:40]}") for name, each in batch.items()}


def check_size(queries: int) -> None:
    """Raises 413 for a batch of too many queries."""
    if queries > BATCH:
        raise HTTPException(413, f"the batch has {queries} queries; {BATCH} is the most (batchSize in the manifest)")


def read_single(text: str) -> ReconciliationQuery:
    """The query of the parameter ``query`` of old clients: JSON, or the name alone."""
    if not text.lstrip().startswith("{"):
        return ReconciliationQuery(clean(text))
    return read_query(read_json(text, "query"), "query")


def read_query(value: object, place: str) -> ReconciliationQuery:
    """One reconciliation query."""
    members = _object(value, place)
    text = members.get("query", "")
    if not isinstance(text, str):
        raise HTTPException(400, f"{place}.query is {_shown(text)}, not a string")
    strictness = members.get("type_strict") or "any"
    if strictness not in ("any", "should", "all"):
        raise HTTPException(400, f"{place}.type_strict is {_shown(strictness)}; it is any, should or all")
    return ReconciliationQuery(
        clean(text),
        read_types(members.get("type"), f"{place}.type"),
        strictness,
        read_limit(members.get("limit"), f"{place}.limit"),
        _conditions(members.get("properties"), f"{place}.properties"),
    )


def read_limit(value: object, place: str) -> int:
    """How many candidates are wanted; the default where it is not said."""
    if value is None:
        return _DEFAULT_LIMIT
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 1:
        raise HTTPException(400, f"{place} is {_shown(value)}, not a positive number")
    return int(min(value, LIMIT))


def read_types(value: object, place: str) -> tuple[Type, ...] | None:
    """The types that are known among those named; None where none is named."""
    if value is None or value == "" or value == []:
        return None
    names = value if isinstance(value, list) else [value]
    found: dict[str, Type] = {}
    for name in names:
        name = name.get("id") if isinstance(name, dict) else name
        if not isinstance(name, str):
            raise HTTPException(400, f"{place} is {_shown(value)}, not the identifier of a type or a list of them")
        if (known := type_named(name)) is not None:
            found[known.id] = known
    return tuple(found.values())


def _conditions(value: object, place: str) -> tuple[Condition, ...]:
    found: list[Condition] = []
    for number, each in enumerate(_list(value if value is not None else [], place)[:_PROPERTIES]):
        members = _object(each, f"{place}.{number}")
        name = members.get("pid")
        if not isinstance(name, str) or "v" not in members:
            raise HTTPException(400, f"{place}.{number} has no pid with the identifier of a property, or no v")
        values = read_values(members["v"], f"{place}.{number}.v")
        if (known := property_named(name)) is not None and values:
            found.append(Condition(known, values))
    return tuple(found)


def read_values(value: object, place: str) -> tuple[str, ...]:
    """The property values as text; an entity as its identifier."""
    found: list[str] = []
    for each in (value if isinstance(value, list) else [value])[:_VALUES]:
        match each:
            case str():
                found.append(clean(each))
            case bool():
                found.append(str(each).lower())
            case int() | float():
                found.append(f"{each}"[:_TEXT])
            case {"id": str(identifier)}:
                found.append(clean(identifier))
            case None:  # OpenRefine sends it for blank cells
                pass
            case _:
                raise HTTPException(400, f"{place} has {_shown(each)}, which is no string, number, boolean or entity")
    return tuple(filter(None, found))


def read_extension(text: str) -> ExtensionQuery:
    """The data extension query of the parameter ``extend``."""
    return read_extension_of(read_json(text, "extend"))


def read_extension_of(value: object) -> ExtensionQuery:
    """A data extension query as JSON has it."""
    members = _object(value, "extend")
    ids = _list(members.get("ids"), "extend.ids")
    if len(ids) > IDS:
        raise HTTPException(413, f"extend.ids has {len(ids)} identifiers; {IDS} is the most")
    names = [each if isinstance(each, str) else None for each in ids]
    if None in names:
        raise HTTPException(400, "extend.ids has an entry that is not a string")
    properties = _list(members.get("properties"), "extend.properties")[:_PROPERTIES]
    wanted = tuple(_wanted(each, f"extend.properties.{number}") for number, each in enumerate(properties))
    return ExtensionQuery(tuple(dict.fromkeys(name for name in names if name)), wanted)


def _wanted(value: object, place: str) -> Wanted:
    members = _object(value, place)
    name = members.get("id")
    known = property_named(name) if isinstance(name, str) else None
    if known is None:
        raise HTTPException(400, f"{place}.id is {_shown(name)}, no property of ours; /reconcile/properties lists them")
    settings = _object(members.get("settings") or {}, f"{place}.settings")
    content = settings.get("content") or "entity"
    if content not in ("entity", "name", "id"):
        raise HTTPException(400, f"{place}.settings.content is {_shown(content)}; it is entity, name or id")
    return Wanted(
        known,
        _number(settings.get("limit")),
        str(settings.get("count", "")).lower() in ("true", "on", "1"),
        content,
    )


def _number(value: object) -> int:
    """The number of values; 0 where it is none. Clients send the numbers of a form as text."""
    text = str(value)[:6]
    return int(text) if text.isascii() and text.isdigit() else 0


def clean(text: str) -> str:
    """The beginning of the text, without halves of surrogate pairs, which no index takes."""
    return text[:_TEXT].encode("utf-8", "replace").decode().strip()


def _object(value: object, place: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise HTTPException(400, f"{place} is {_shown(value)}, not an object")
    return value


def _list(value: object, place: str) -> list[object]:
    if not isinstance(value, list):
        raise HTTPException(400, f"{place} is {_shown(value)}, not an array")
    return value


def _shown(value: object) -> str:
    try:
        return json.dumps(value)[:60]
    except (ValueError, RecursionError):
        return "a deep value"
