"""The files of ``queries/`` → the queries that come with the project, each with its question and its parameters.

The command line runs them, the query page shows them, tests hold their answers. What a parameter does to a query is
the store's (`harmgraph.store.query_text.parameters`); nothing here reads SPARQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harmgraph.errors import HarmgraphError
from harmgraph.iris import PREFIXES, graph_iri

FOLDER: Final = Path(__file__).resolve().parents[2] / "queries"
"""Where the queries are in a checkout, which is how harmgraph is installed."""
_WIKIDATA: Final = "https://query.wikidata.org/sparql"
KINDS: Final = ("competency", "federated")
_HEADER: Final = re.compile(r"# (\w+): (.*)")


@dataclass(frozen=True, slots=True)
class ListedQuery:
    """A query that answers a question; ``name`` is its file's, with the number in front."""

    name: str
    kind: str
    title: str
    question: str
    text: str

    @property
    def number(self) -> int:
        """The number by which people call it."""
        return int(self.name.partition("-")[0])

    @property
    def runnable(self) -> str:
        """The text with the prefixes that it uses declared in front, and without its title and question."""
        body = re.sub(r"\A(?:# (?:title|question): .*\n)+", "", self.text)
        used = (f"PREFIX {p}: <{iri}>\n" for p, iri in PREFIXES.items() if re.search(rf"(?<![\w-]){p}:", body))
        return f"{''.join(used)}\n{body}"


def catalogue(folder: Path = FOLDER) -> tuple[ListedQuery, ...]:
    """All queries by number; none where the folder is missing."""
    found = (_read(path, kind) for kind in KINDS for path in (folder / kind).glob("*.rq"))
    return tuple(sorted(found, key=lambda query: query.number))


def without_network(text: str) -> str:
    """The query with its part for Wikidata asked of the release, which has it where a slice was fetched."""
    return text.replace(f"SERVICE <{_WIKIDATA}>", f"GRAPH <{graph_iri('wikidata').value}>")


def called(name: str, queries: Iterable[ListedQuery]) -> ListedQuery:
    """The query with this number (``4``, ``04``), or this name, with or without its number."""
    listed = tuple(queries)
    for query in listed:
        if name in (query.name, query.name.partition("-")[2]) or (name.isdecimal() and int(name) == query.number):
            return query
    raise HarmgraphError(
        f"there is no query {name!r}, and no file of that name; `harmgraph query` lists the {len(listed)} there are"
    )


def _read(path: Path, kind: str) -> ListedQuery:
    text = path.read_text(encoding="utf-8")
    header = {match[1]: match[2] for line in text.splitlines()[:2] if (match := _HEADER.fullmatch(line))}
    return ListedQuery(path.stem, kind, header["title"], header["question"], text)
