"""The index of text of a release: the names and narratives of its things, searched by their words.

Made of the dump (`make`), as ``text/`` beside ``store/``; opened read-only in a worker, after it was forked and before
it may open no more files. What a query asks of it is found by `harmgraph.store.query_text.text_patterns`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final, Self

import tantivy
from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from harmgraph.errors import QueryRefused
from harmgraph.iris import DCT, FOAF, HG, RDFS, SCHEMA, SKOS

NAMES: Final = (
    *(RDFS.label, SKOS.prefLabel, SKOS.altLabel, SKOS.hiddenLabel),
    *(DCT.title, DCT.identifier, FOAF.name, SCHEMA.name, SCHEMA.alternateName),
)
"""Properties whose literals name their subject; a word found there counts three times as much."""

TEXTS: Final = (
    *(DCT.description, SCHEMA.description, SCHEMA.text, SCHEMA.keywords, RDFS.comment, SKOS.definition),
    *(HG.purpose, HG.harmedPartyName, HG.affectedName, HG.claimantName, HG.publisherName),
)
"""Properties whose literals tell of their subject."""

MOST: Final = 50_000
"""Things that one pattern may find without saying how many of them it wants."""

_WANTED: Final = frozenset(str(each).encode() for each in (*NAMES, *TEXTS))
_NAMING: Final = frozenset(NAMES)
_NAME_WEIGHT: Final = 3.0
_HEAP: Final = 64 << 20
_LONGEST_WORD: Final = 60


@dataclass(frozen=True, slots=True)
class Hit:
    """A thing that was found, and how well it fits (BM25: comparable within one search only)."""

    iri: str
    score: float


class TextIndex:
    """The index of one release, open for reading."""

    def __init__(self, index: tantivy.Index) -> None:
        self._index = index
        index.register_tokenizer("words", _words())
        index.config_reader(reload_policy="manual")
        self._searcher = index.searcher()

    @classmethod
    def open(cls, folder: Path) -> Self | None:
        """The index in this folder; None where there is none, or one that this version cannot read."""
        try:
            return cls(tantivy.Index.open(str(folder)))
        except (OSError, ValueError):
            return None

    def search(self, text: str, most: int | None) -> list[Hit]:
        """The things that hold all these words, the best first.

        ``most`` cuts the list; None asks for all. Raises `QueryRefused` for a text that is no query, that is empty, or
        that finds more than `MOST` when it asks for all.
        """
        result = self._searcher.search(self._parsed(text), limit=most or MOST + 1)
        if len(result.hits) > MOST:
            raise QueryRefused(
                f"hg:matches {text!r} finds more than {MOST:,} things: add a word, or "
                f'take the best of them with hg:matches ("…" 1000)'
            )
        best: dict[str, float] = {}  # a subject whose lines are not together in the dump has several entries
        for score, address in result.hits:
            best.setdefault(self._searcher.doc(address)["iri"][0], float(score))
        return [Hit(iri, score) for iri, score in best.items()]

    def _parsed(self, text: str) -> tantivy.Query:
        if not any(character.isalnum() for character in text):
            raise QueryRefused(f"hg:matches {text!r} has no word to look for")
        # A colon after a word would name a field. The words around it are what is meant: an IRI, a time, a ratio.
        plain = re.sub(r":(?=[^\s])", " ", text)
        try:
            return self._index.parse_query(plain, ["name", "text"], {"name": _NAME_WEIGHT}, conjunction_by_default=True)
        except ValueError as cause:
            raise QueryRefused(
                f"hg:matches cannot read {text!r} ({cause}): write words, all of which are to occur, OR between "
                'alternatives, - before a word that is not to occur, and \\"…\\" around words in a row'
            ) from cause


def make(dump: Path, folder: Path) -> int:
    """Index the sorted dump of a release; returns the number of things that have text."""
    folder.mkdir()
    schema = tantivy.SchemaBuilder()
    schema.add_text_field("iri", stored=True, tokenizer_name="raw", index_option="basic")
    for field in ("name", "text"):
        schema.add_text_field(field, tokenizer_name="words")
    index = tantivy.Index(schema.build(), path=str(folder))
    index.register_tokenizer("words", _words())
    # One thread: the same dump gives the same order of things that fit equally well.
    writer = index.writer(heap_size=_HEAP, num_threads=1)
    things = 0
    for subject, lines in groupby(_lines(dump), key=lambda line: line[0]):
        writer.add_document(_document(subject, b"".join(line for _, line in lines)))
        things += 1
    writer.commit()
    writer.wait_merging_threads()
    return things


def _lines(dump: Path) -> Iterator[tuple[bytes, bytes]]:
    """Subject and line of each statement that holds text about a thing with an IRI."""
    with dump.open("rb", buffering=1 << 20) as file:
        for line in file:
            subject, predicate, _ = line.split(b" ", 2)
            if predicate in _WANTED and subject.startswith(b"<"):
                yield subject, line


def _document(subject: bytes, lines: bytes) -> tantivy.Document:
    document = tantivy.Document()
    document.add_text("iri", subject[1:-1].decode())
    quads = list(parse(input=lines, format=RdfFormat.N_QUADS))
    for field, value in _distinct(
        (quad.predicate, quad.object.value) for quad in quads if isinstance(quad.object, Literal)
    ):
        document.add_text(field, value)
    return document


def _distinct(statements: Iterable[tuple[NamedNode, str]]) -> Iterator[tuple[str, str]]:
    """Field and text, each once: a label is often a title too."""
    return iter(dict.fromkeys(("name" if predicate in _NAMING else "text", text) for predicate, text in statements))


def _words() -> tantivy.TextAnalyzer:
    """Words are runs of letters and digits, whatever their case and accents; no stemming: texts have many languages."""
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(_LONGEST_WORD))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
        .build()
    )
