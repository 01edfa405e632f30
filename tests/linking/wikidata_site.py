"""A little Wikidata: entities in the JSON of its API, found by search and by reconciliation, on loopback."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fetching.site import Answer, Asked

API, SERVICE = "/w/api.php", "/en/api"
MANIFEST = {
    "versions": ["0.2"],
    "name": "Wikidata (en)",
    "identifierSpace": "http://www.wikidata.org/entity/",
    "schemaSpace": "http://www.wikidata.org/prop/direct/",
}


def entity(
    number: str, label: str, description: str = "", aliases: tuple[str, ...] = (), **values: str | tuple[str, ...]
) -> dict[str, Any]:
    """An entity as ``wbgetentities`` writes it; ``P17="Q30"`` is a statement."""
    claims = {
        name: [_statement(name, value) for value in ((given,) if isinstance(given, str) else given)]
        for name, given in values.items()
    }
    return {
        "type": "item",
        "id": number,
        "labels": {"en": {"language": "en", "value": label}},
        "descriptions": {"en": {"language": "en", "value": description}} if description else {},
        "aliases": {"en": [{"language": "en", "value": each} for each in aliases]} if aliases else [],
        "claims": claims or [],
    }


def _statement(name: str, value: str) -> dict[str, Any]:
    item = value.startswith("Q") and value[1:].isdecimal()
    held = {"value": {"entity-type": "item", "id": value}, "type": "wikibase-entityid"} if item else {"value": value}
    return {
        "mainsnak": {"snaktype": "value", "property": name, "datavalue": held},
        "type": "statement",
        "rank": "normal",
    }


def sent(value: object, status: int = 200, **headers: str) -> Answer:
    """This as JSON; ``Retry_After`` is the header Retry-After."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(json.dumps(value).encode(), status, {"Content-Type": "application/json", **named})


def error(code: str, **headers: str) -> Answer:
    """An error of the API, which it sends with status 200."""
    return sent({"error": {"code": code, "info": "as it happens", "*": "See the API help."}}, 200, **headers)


class World:
    """The entities, by number, and the numbers that redirect to another one."""

    def __init__(self, *entities: dict[str, Any], redirects: Mapping[str, str] | None = None) -> None:
        self.entities = {each["id"]: each for each in entities}
        self.redirects = redirects or {}

    def api(self, asked: Asked) -> Answer:
        """``wbsearchentities`` by the beginning of a name, and ``wbgetentities``."""
        wanted = {name: values[0] for name, values in parse_qs(urlsplit(asked[":target"]).query).items()}
        if wanted["action"] == "wbsearchentities":
            found = [number for number, each in self.entities.items() if _begins(each, wanted["search"])]
            return sent({"search": [{"id": number} for number in found][: int(wanted["limit"])], "success": 1})
        numbers = wanted["ids"].split("|")
        assert len(numbers) <= 50, "too-many-values"
        return sent({"entities": {number: self._entity(number) for number in numbers}, "success": 1})

    def service(self, asked: Asked) -> Answer:
        """The manifest, or proposals for each query by the words of its name."""
        if asked[":method"] == "GET":
            return sent(MANIFEST)
        queries = json.loads(parse_qs(asked[":body"])["queries"][0])
        return sent({key: {"result": self._proposals(each["query"])} for key, each in queries.items()})

    def _entity(self, number: str) -> dict[str, Any]:
        if (to := self.redirects.get(number)) is not None:
            return {**self.entities[to], "redirects": {"from": number, "to": to}}
        return self.entities.get(number, {"id": number, "missing": ""})

    def _proposals(self, name: str) -> list[dict[str, Any]]:
        words = set(name.casefold().split())
        found = [
            (number, each) for number, each in self.entities.items() if words & set(_label(each).casefold().split())
        ]
        return [{"id": number, "name": _label(each), "score": 71, "match": False, "type": []} for number, each in found]


def _label(each: dict[str, Any]) -> str:
    return str(each["labels"]["en"]["value"])


def _begins(each: dict[str, Any], text: str) -> bool:
    aliases = each["aliases"]["en"] if each["aliases"] else []
    return any(name["value"].casefold().startswith(text.casefold()) for name in (each["labels"]["en"], *aliases))
