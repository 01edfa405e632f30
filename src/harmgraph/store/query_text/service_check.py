"""Finds SERVICE clauses in the text of a query, so that no worker calls another machine.

The second line: what `federation` may follow is gone from the text when it comes here. The third is the kernel.

The engine follows SERVICE over HTTP, loopback included, and offers no switch and no view of the parsed query. So
the check reads text. It looks for what every such clause must look like, wherever it stands; no knowledge of
comments, strings or nesting is needed, and none can be turned against it.
"""

from __future__ import annotations

import re
from typing import Final

from harmgraph.errors import QueryRefused
from harmgraph.store.query_text.tokens import decode_codepoints

# ServiceGraphPattern ::= 'SERVICE' 'SILENT'? VarOrIri GroupGraphPattern, and the last begins with "{". A variable
# has ? or $, an IRI < or :. White space is never needed between these tokens, nor before the first: the engine
# reads `?s ?p 1SERVICE<http://…>{` as a clause. So no word boundary is asked for. `*+` never backtracks, which
# keeps a text of nothing but "#" linear.
_CLAUSE: Final = re.compile(
    r"""SERVICE
        (?:\s|\#[^\r\n]*+)*+ (?:SILENT(?:\s|\#[^\r\n]*+)*+)?
        (?: <[^<>{}]*> | [^\s{}]*?[:?$][^\s{}]* )
        (?:\s|\#[^\r\n]*+)*+
        \{""",
    re.IGNORECASE | re.VERBOSE,
)


def refuse_service(text: str) -> None:
    """Raise `QueryRefused` if the query holds a SERVICE clause, plain or written with codepoint escapes.

    A variable or a string with the word in it is no clause. A string or comment that holds a complete clause
    (``"SERVICE <http://a> {"``) is refused with the rest: to tell it apart for certain one would have to parse
    exactly as the engine does. A text made for it takes time in the square of its length, which is why the check
    runs in the worker, under the deadline.
    """
    candidate = text
    while True:
        if "service" in candidate.lower() and (clause := _CLAUSE.search(candidate)):
            shown = " ".join(clause[0].split())
            raise QueryRefused(
                f"the query holds a SERVICE clause ({shown[:80]}…) that is not followed here; take it out and join the "
                "answers on your side"
            )
        decoded = decode_codepoints(candidate)
        if decoded == candidate:
            return
        candidate = decoded  # an escape may decode to part of another one
