"""Names on standard input → the best items by nomenklatura's logic-v2, on standard output; both in JSON.

`benchmarks.linking` runs this in an interpreter that has nomenklatura, which ours has not.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from typing import Any

from followthemoney import EntityProxy
from nomenklatura.matching import LogicV2

LEAST = 0.7
"""The threshold that nomenklatura itself uses for a match."""


def entity(schema: str, key: str, names: list[str]) -> EntityProxy:
    """Something with these names."""
    return EntityProxy.from_dict({"id": key, "schema": schema, "properties": {"name": names}})


def main() -> None:
    """Compare every part of a mention with every item of its field, and keep the best from the threshold on."""
    given = json.load(sys.stdin)
    known: dict[str, list[EntityProxy]] = {}
    for field, (names, items) in given["known"].items():
        by_item: defaultdict[str, list[str]] = defaultdict(list)
        for name, item in zip(names, items, strict=True):
            by_item[item].append(name)
        schema = "Organization" if field in ("organisation", "slug") else "LegalEntity"
        known[field] = [entity(schema, item, each) for item, each in by_item.items()]
    config = LogicV2.default_config()
    best: dict[tuple[str, str], str | None] = {}
    answers: list[list[str]] = []
    for field, parts in given["asked"]:
        for part in parts:
            if (field, part) not in best:
                # An id of its own: nomenklatura keeps the names of an entity by its id.
                asked = entity(known[field][0].schema.name, f"asked-{len(best)}", [part])
                best[field, part] = _best(asked, known[field], config)
        answers.append(sorted({item for part in parts if (item := best[field, part]) is not None}))
    json.dump(answers, sys.stdout)


def _best(asked: EntityProxy, known: list[EntityProxy], config: Any) -> str | None:
    scored = ((LogicV2.compare(asked, each, config).score, str(each.id)) for each in known)
    score, item = max(scored, key=lambda pair: pair[0])
    return item if score >= LEAST else None


if __name__ == "__main__":
    main()
