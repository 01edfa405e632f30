"""A little Wikidata: entities in the JSON of its API, found by search and by reconciliation, on loopback."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from tests.fetching.site import Answer, Asked

API, SERVICE = "/w/api.php", "/en/api"
MANIFEST = {
    "versions": ["0.2"],
    "name": "Wikidata (en)",
    "identifierSpace": "http://www.wikidata.org/entity/",
    "schemaSpace": "http://www.wikidata.org/prop/direct/",
}


Value = str | dict[str, Any]


def entity(
    number: str, label: str, description: str = "", aliases: tuple[str, ...] = (), **values: Value | tuple[Value, ...]
) -> dict[str, Any]:
    """An entity as ``wbgetentities`` writes it; ``P17="Q30"`` is a statement, and so is what `dated` gives."""
    claims = {
        name: [
            value if isinstance(value, dict) else _statement(name, value)
            for value in (given if isinstance(given, tuple) else (given,))
        ]
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


def dated(name: str, value: str, statement: str, rank: str = "normal", **qualifiers: Any) -> dict[str, Any]:
    """A statement with its identifier; ``P580=("+2009-01-00", 10)`` is a qualifier, "somevalue" an unknown one."""
    snaks = {
        number: [_time(number, each) for each in (given if isinstance(given, list) else [given])]
        for number, given in qualifiers.items()
    }
    return {**_statement(name, value), "id": statement, "rank": rank, "qualifiers": snaks or []}


def _time(number: str, given: tuple[str, int] | str) -> dict[str, Any]:
    if isinstance(given, str):
        return {"snaktype": given, "property": number, "datatype": "time"}
    time, precision = given
    value = {
        "time": f"{time}T00:00:00Z",
        "timezone": 0,
        "before": 0,
        "after": 0,
        "precision": precision,
        "calendarmodel": "http://www.wikidata.org/entity/Q1985727",
    }
    return {"snaktype": "value", "property": number, "datavalue": {"value": value, "type": "time"}, "datatype": "time"}


def articles(**titles: str) -> dict[str, Any]:
    """The links of an entity to other wikis: ``frwiki="Visage"``."""
    return {
        "sitelinks": {
            wiki: {"site": wiki, "title": title, "badges": [], "url": f"https://{_host(wiki)}/wiki/{quote(title)}"}
            for wiki, title in titles.items()
        }
    }


def _host(wiki: str) -> str:
    language, project = re.fullmatch(r"(..)wiki(.*)", wiki).groups()  # type: ignore[union-attr]  # a test's own text
    return f"{language}.wiki{project or 'pedia'}.org"


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
        numbers, parts = wanted["ids"].split("|"), wanted["props"].split("|")
        assert len(numbers) <= 50, "too-many-values"
        sites = wanted["sitefilter"].split("|") if "sitefilter" in wanted else None
        entities = {number: _parts(self._entity(number), parts, sites) for number in numbers}
        return sent({"entities": entities, "success": 1})

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


def _parts(each: dict[str, Any], parts: list[str], sites: list[str] | None) -> dict[str, Any]:
    """The entity with those parts that were asked for, as the API has it; addresses of articles are asked for apart."""
    shown = {"id", "type", "missing", *parts, *(("redirects",) if "info" in parts else ())}
    found = {name: value for name, value in each.items() if name in shown}
    if "sitelinks/urls" in parts and "sitelinks" in each:
        links = each["sitelinks"].items()
        found["sitelinks"] = {site: link for site, link in links if sites is None or site in sites}
    return found


def _label(each: dict[str, Any]) -> str:
    return str(each["labels"]["en"]["value"])


def _begins(each: dict[str, Any], text: str) -> bool:
    aliases = each["aliases"]["en"] if each["aliases"] else []
    return any(name["value"].casefold().startswith(text.casefold()) for name in (each["labels"]["en"], *aliases))
