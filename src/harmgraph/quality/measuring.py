"""The folder of a release → its measurements, as plain JSON: counts with what they are counts of, and examples.

Reads ``problems.jsonl`` and ``report.ttl`` and asks the on-disk store. Nothing here is an opinion: a share says how
many incidents state something, not whether it is true.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any, Final

from pyoxigraph import NamedNode, QuerySolutions, RdfFormat, Store, parse

from harmgraph.iris import BASE, PREFIXES, SH
from harmgraph.quality.metrics import COMPARED, COVERAGE, Compared, Coverage

FILE: Final = "quality.json"
EXAMPLES: Final = 5
"""Things named of each finding."""
MOST_LEFT_OUT: Final = 200
"""Problems listed one by one, of those that kept something out of the graph."""

Json = dict[str, Any]  # the measurements, as they stand in quality.json

_QUERIES: Final = resources.files("harmgraph.quality") / "queries"
_PLACE: Final = re.compile(r"\$(\w+)")
_PROLOGUE: Final = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in PREFIXES.items())


def measured(folder: Path, facts: Json) -> Json:
    """The measurements of the release in this folder, of which ``facts`` are those of its build."""
    store = Store.read_only(str(folder / "store"))
    told = _by_source(store, "")
    return {
        "built": facts.get("built"),
        "incidents": facts.get("incidents"),
        "statements": facts.get("quads"),
        "sources": facts.get("sources", []),
        "problems": _problems(folder / "problems.jsonl"),
        "validation": _validation(folder / "report.ttl"),
        "coverage": [_coverage(store, metric, told) for metric in COVERAGE],
        "disagreements": [_disagreement(store, compared) for compared in COMPARED],
    }


def read(folder: Path) -> Json | None:
    """The measurements that the release in this folder carries; None where it has none."""
    try:
        found: Json = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return found


def _problems(file: Path) -> Json:
    """What was amiss in the sources, by source and kind; and what was left out for it, one by one."""
    kinds: Counter[tuple[str, str, str]] = Counter()
    examples: defaultdict[tuple[str, str, str], list[Json]] = defaultdict(list)
    left_out: list[Json] = []
    if file.is_file():
        with file.open(encoding="utf-8") as lines:
            for problem in map(json.loads, lines):
                key = problem["source"], problem["kind"], problem["severity"]
                kinds[key] += 1
                shown = {name: problem[name] for name in ("record", "field", "value", "message")}
                if len(examples[key]) < EXAMPLES:
                    examples[key].append(shown)
                if problem["severity"] == "error" and len(left_out) < MOST_LEFT_OUT:
                    left_out.append({"source": problem["source"], "kind": problem["kind"], **shown})
    names = "source", "kind", "severity"
    return {
        "kinds": [
            {**dict(zip(names, key, strict=True)), "count": count, "examples": examples[key]}
            for key, count in sorted(kinds.items(), key=lambda item: (-item[1], item[0]))
        ],
        "left_out": left_out,
    }


def _validation(file: Path) -> Json:
    """The results of the validation by shape, the most frequent first."""
    of: dict[str, dict[str, str]] = defaultdict(dict)
    wanted = {
        SH.sourceShape: "shape",
        SH.resultSeverity: "severity",
        SH.resultMessage: "message",
        SH.focusNode: "focus",
    }
    if file.is_file():
        for quad in parse(path=str(file), format=RdfFormat.TURTLE):
            if (name := wanted.get(quad.predicate)) is not None and isinstance(quad.subject, NamedNode):
                term: Any = quad.object
                of[quad.subject.value][name] = term.value
    counted: Counter[tuple[str, str, str]] = Counter()
    examples: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
    for result in of.values():
        key = _local(result["shape"]), _local(result["severity"]), result.get("message", "")
        counted[key] += 1
        if len(examples[key]) < EXAMPLES:
            examples[key].append(result["focus"])
    severities = Counter(_local(result["severity"]) for result in of.values())
    names = "shape", "severity", "message"
    return {
        **{name: severities[name] for name in ("Violation", "Warning", "Info")},
        "shapes": [
            {**dict(zip(names, key, strict=True)), "count": count, "examples": examples[key]}
            for key, count in sorted(counted.items(), key=lambda item: (-item[1], item[0]))
        ],
    }


def _coverage(store: Store, metric: Coverage, told: dict[str, int]) -> Json:
    """The share of the whole, and of the incidents that each source tells of."""
    count, of = (
        int(next(_rows(store, "covered", things=metric.things, pattern=pattern))["count"])
        for pattern in (metric.pattern, "")
    )
    found: Json = {"name": metric.name, "count": count, "of": of}
    if metric.by_source:
        having = _by_source(store, metric.pattern)
        found["by_source"] = {name: {"count": having.get(name, 0), "of": told[name]} for name in sorted(told)}
    return found


def _by_source(store: Store, pattern: str) -> dict[str, int]:
    """How many incidents each source tells of by records of which the pattern holds."""
    return {row["source"]: int(row["count"]) for row in _rows(store, "covered_by_source", pattern=pattern)}


def _disagreement(store: Store, compared: Compared) -> Json:
    rows = list(
        _rows(
            store,
            "compared",
            predicate=compared.predicate,
            same=compared.same,
            records=f"{BASE}id/record/",
        )
    )
    differing = [row["x"] for row in rows if row["differs"] == "true"]
    return {"name": compared.name, "count": len(differing), "of": len(rows), "examples": differing[:EXAMPLES]}


def _rows(store: Store, name: str, **places: str) -> Iterator[dict[str, str]]:
    """The solutions of a query, as text."""
    text = _PLACE.sub(lambda match: places[match[1]], (_QUERIES / f"{name}.rq").read_text(encoding="utf-8"))
    solutions = store.query(_PROLOGUE + text)
    assert isinstance(solutions, QuerySolutions)  # no file in queries/ is anything but a SELECT
    names = [variable.value for variable in solutions.variables]
    for row in solutions:
        yield {name: term.value for name in names if (term := row[name]) is not None}


def _local(iri: str) -> str:
    return iri.rpartition("#")[2]
