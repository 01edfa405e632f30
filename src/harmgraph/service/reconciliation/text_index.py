"""The names of the things of one type → a tantivy index in memory that finds those which look like a text.

Each name is a document: its words, all of it joined as one word, and the facts of the thing, which lift it among the
others. Words that no name has are looked for with one slip of the pen, a short name as a whole with two. A type has an
index of its own, so that a query for a few hundred organisations does not read the words of every incident.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from tantivy import Document, Index, Occur, Query, SchemaBuilder

from harmgraph.service.reconciliation.entities import Entity

_WORDS: Final = 7
"""How many words of a name are looked up, the rarest first: the others add time and no candidates."""
_ENOUGH: Final = 5
"""Words of a name that find it without the others: where so many are known, no slips are looked for."""
_SHORT: Final = 4
"""Words of a name that is looked for as a whole too. To look for two slips takes 0.8 ms, for one 0.2."""
_LONG: Final = 8
"""Letters of a name that may have two slips."""
_WRITER_MEMORY: Final = 15_000_000  # the least that tantivy takes
_ALIKE: Final = 6.0  # about what BM25 gives a rare word
_ALIKE_JOINED: Final = 20.0
_FACT: Final = 6.0

Hit = tuple[float, Entity]


def _schema_builder() -> SchemaBuilder:
    builder = SchemaBuilder()
    builder.add_text_field("words", tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("joined", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("facts", tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("number", fast=True)
    return builder


_SCHEMA: Final = _schema_builder().build()


class TextIndex:
    """The index of these names: entities with a name, in the form of `harmgraph.names.key`, and its facts."""

    def __init__(self, names: Iterable[tuple[Entity, str, Sequence[str]]]) -> None:
        self._entities: list[Entity] = []
        self._frequency: Counter[str] = Counter()
        index = Index(_SCHEMA)
        writer = index.writer(_WRITER_MEMORY, 1)
        for number, (entity, name, facts) in enumerate(names):
            words = name.split()
            self._entities.append(entity)
            self._frequency.update(set(words))
            writer.add_document(Document(words=name, joined="".join(words), number=number, facts=list(facts)))
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self._searcher = index.searcher()

    def like(self, wanted: str, facts: Sequence[str], limit: int) -> list[Hit]:
        """The entities whose names have words or letters in common with the one that is wanted, best first."""
        words = sorted(set(wanted.split()), key=lambda word: (self._frequency[word], word))[:_WORDS]
        if not words or not self._entities:
            return []
        short = len(words) <= _SHORT
        slips = sum(self._frequency[word] > 0 for word in words) < _ENOUGH
        parts = [(Occur.Should, part) for word in words for part in self._like(word, short, slips)]
        joined = wanted.replace(" ", "")
        if short and len(joined) > 3:
            near = _near("joined", joined, 1 if len(joined) < _LONG else 2)
            parts.append((Occur.Should, Query.boost_query(near, _ALIKE_JOINED)))
        query = Query.boolean_query(parts)
        if facts:
            hints = [(Occur.Should, _hint(each)) for each in facts[:_WORDS]]
            query = Query.boolean_query([(Occur.Must, query), *hints])
        return self._found(query, limit)

    def frequency(self, word: str) -> int:
        """How many names have the word."""
        return self._frequency[word]

    def completed(self, words: Sequence[str], limit: int) -> list[Hit]:
        """The entities with every one of the words in a name, the last of which may be only the beginning of one."""
        *whole, last = words
        must = [(Occur.Must, _word(word)) for word in whole[:_WORDS]]
        must.append((Occur.Must, Query.fuzzy_term_query(_SCHEMA, "words", last, distance=0, prefix=True)))
        return self._found(Query.boolean_query(must), limit)

    def _found(self, query: Query, limit: int) -> list[Hit]:
        """The best hits; an entity has one for each of its names."""
        hits = self._searcher.search(query, limit=limit, count=False).hits
        numbers = self._searcher.fast_field_values("number", [address for _, address in hits])
        return [
            (score, self._entities[number])
            for (score, _), number in zip(hits, numbers, strict=True)
            if isinstance(number, int) and isinstance(score, float)  # it is: no search here is ordered by a field
        ]

    def _like(self, word: str, short: bool, slips: bool) -> Iterator[Query]:
        """The word, or the words that a slip of the pen makes it of; in a short name, both of a rare word."""
        known = self._frequency[word]
        if known:
            yield _word(word)
        if slips and known <= (2 if short else 0) and len(word) > 3 and not word.isdigit():
            yield Query.boost_query(_near("words", word, 1), _ALIKE)


def _word(word: str) -> Query:
    return Query.term_query(_SCHEMA, "words", word, index_option="freq")


def _hint(fact: str) -> Query:
    return Query.const_score_query(Query.term_query(_SCHEMA, "facts", fact, index_option="basic"), _FACT)


def _near(field: str, word: str, distance: int) -> Query:
    return Query.fuzzy_term_query(_SCHEMA, field, word, distance=distance)
