"""Measures the links: precision, recall and F1 of ours and of matchers by similarity, on the same mentions.

    python -m benchmarks.linking [GOLD …] [--gazetteers FOLDER] [--nomenklatura PYTHON] [--errors]

``GOLD`` is a gold standard as `benchmarks.gold` reads them; without any, ours and, where it is at hand, the sample's.
The others get the items of the folder whose numbers have evidence, with their names, those of the field only, and the
parts of a mention at ``;`` and ``/``. nomenklatura has many dependencies of its own, so it runs in another interpreter:
one that has it, as ``python -m venv X && X/bin/pip install nomenklatura`` makes.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from benchmarks.gold import Mention, Outcome, bootstrap, outcomes, read_gold, total, wilson
from rapidfuzz import fuzz, process, utils

from harmgraph.background import background
from harmgraph.linking.judgements import read_judgements
from harmgraph.linking.matching import Matcher, field_of
from harmgraph.pipeline import Project

ROOT = Path(__file__).resolve().parents[1]
OURS = ROOT / "tests" / "data" / "gold_mentions.csv"
SAMPLE = ROOT.parent / "shared" / "data" / "wikidata"
ELSEWHERE = Path(__file__).with_name("nomenklatura_matches.py")
LEAST = 90
FILES = {
    "organisation": "organisations.csv",
    "slug": "organisations.csv",
    "jurisdiction": "countries.csv",
    "technology": "technologies.csv",
    "system": "technologies.csv",
    "issue": "issues.csv",
}
"""Which gazetteer has the items of a field."""

Find = Callable[[Mention], Set[str]]


@dataclass(frozen=True, slots=True)
class Named:
    """The names of a gazetteer, each with its item."""

    names: tuple[str, ...]
    items: tuple[str, ...]


def gazetteer(path: Path) -> Named:
    """Labels and aliases of the items whose numbers have evidence."""
    pairs = []
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["qid"] and row.get("confidence") != "low":
                known = (
                    row.get("label") or row["name"],
                    *(row.get("aliases") or row.get("names_strong") or "").split("|"),
                )
                pairs += [(name, row["qid"]) for name in known if name]
    return Named(tuple(name for name, _ in pairs), tuple(item for _, item in pairs))


def parts_of(mention: Mention) -> list[str]:
    """What the others are asked for: they know nothing of lists, owners and slugs."""
    text = mention.text.replace("-", " ") if mention.field == "slug" else mention.text
    return [part.strip() for part in re.split(r"[;/]", text) if part.strip()]


@cache
def matcher() -> Matcher:
    """The matcher of `harmgraph link match`."""
    project = Project(ROOT)
    vocabulary = project.vocabulary()
    return Matcher(vocabulary, read_judgements(project.judgements), background(project.ontology, vocabulary))


def ours() -> Find:
    """What that matcher links."""

    def find(mention: Mention) -> Set[str]:
        rows = (match.cells(mention.text)[2] for match in matcher().match(mention.text, field_of(mention.field)))
        return {row for row in rows if row}

    return find


def same(known: dict[str, Named]) -> Find:
    """Names that are the same but for case and punctuation."""
    exact = {field: _index(named) for field, named in known.items()}
    return lambda mention: {
        exact[mention.field][key]
        for part in parts_of(mention)
        if (key := utils.default_process(part)) in exact[mention.field]
    }


def similar(known: dict[str, Named], scorer: Callable[..., float]) -> Find:
    """The most similar name by a scorer of rapidfuzz, from 90 on."""

    def find(mention: Mention) -> Set[str]:
        named = known[mention.field]
        best = partial(process.extractOne, scorer=scorer, processor=utils.default_process, score_cutoff=LEAST)
        return {named.items[found[2]] for part in parts_of(mention) if (found := best(part, named.names)) is not None}

    return find


def by_nomenklatura(python: str, known: dict[str, Named], gold: Sequence[Mention]) -> Find:
    """The best by logic-v2, from 0.7 on, which is its own threshold."""
    asked = [[mention.field, parts_of(mention)] for mention in gold]
    fields = {field: [named.names, named.items] for field, named in known.items()}
    text = json.dumps({"known": fields, "asked": asked})
    done = subprocess.run([python, str(ELSEWHERE)], input=text, capture_output=True, text=True, check=True)
    found = {mention: frozenset(items) for mention, items in zip(gold, json.loads(done.stdout), strict=True)}
    return lambda mention: found[mention]


def _index(named: Named) -> dict[str, str]:
    return {utils.default_process(name): item for name, item in zip(named.names, named.items, strict=True)}


def row(name: str, gold: Sequence[Mention], each: Sequence[Outcome]) -> str:
    """A row of the table."""
    whole = total(each)
    linked = sum(outcome.wrong > 0 for mention, outcome in zip(gold, each, strict=True) if not mention.items)
    nothing = sum(not mention.items for mention in gold)
    cells = [
        name,
        _interval(whole.precision, wilson(whole.right, whole.right + whole.wrong)),
        _interval(whole.recall, wilson(whole.right, whole.right + whole.missed)),
        _interval(whole.f1, bootstrap(each)),
        f"{linked} of {nothing}",
    ]
    return f"| {' | '.join(cells)} |"


def _interval(value: float, bounds: tuple[float, float]) -> str:
    return f"{value:.3f} ({bounds[0]:.3f} to {bounds[1]:.3f})"


def systems(arguments: argparse.Namespace, gold: Sequence[Mention]) -> Iterator[tuple[str, Find]]:
    """Each system with its name; why one is left out goes to standard error."""
    yield "harmgraph link match", ours()
    folder: Path = arguments.gazetteers
    if not folder.is_dir():
        print(f"the others are left out: there is no folder {folder} with gazetteers", file=sys.stderr)
        return
    known = {field: gazetteer(folder / FILES[field]) for field in {mention.field for mention in gold}}
    yield "names that are the same", same(known)
    yield "rapidfuzz WRatio ≥ 90", similar(known, fuzz.WRatio)
    yield "rapidfuzz token_sort_ratio ≥ 90", similar(known, fuzz.token_sort_ratio)
    if arguments.nomenklatura is None:
        print("nomenklatura is left out: --nomenklatura names an interpreter that has it", file=sys.stderr)
    else:
        yield "nomenklatura logic-v2 ≥ 0.7", by_nomenklatura(arguments.nomenklatura, known, gold)


def main() -> None:
    """Print a table for each gold standard."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument(
        "gold", nargs="*", type=Path, default=[each for each in (SAMPLE / "gold_dev.csv", OURS) if each.exists()]
    )
    reader.add_argument("--gazetteers", type=Path, default=SAMPLE)
    reader.add_argument("--nomenklatura", metavar="PYTHON")
    reader.add_argument("--errors", action="store_true", help="what the first system, ours, gets wrong or misses")
    arguments = reader.parse_args()
    for path in arguments.gold:
        whole = read_gold(path)
        for part in sorted({mention.part for mention in whole}):
            gold = [mention for mention in whole if mention.part == part]
            print(f"\n{path.name}{f', {part}' if part else ''}: {len(gold)} mentions\n")
            print("| system | precision | recall | F1 | linked of those that must not be |\n|---|---|---|---|---:|")
            for number, (name, find) in enumerate(systems(arguments, gold)):
                each = outcomes(gold, find)
                print(row(name, gold, each))
                if arguments.errors and number == 0:
                    _errors(gold, each, find)


def _errors(gold: Sequence[Mention], each: Sequence[Outcome], find: Find) -> None:
    for mention, outcome in zip(gold, each, strict=True):
        if outcome.wrong or outcome.missed:
            print(
                f"{mention.field} {mention.text!r}: {sorted(find(mention))}, not {sorted(mention.items)}",
                file=sys.stderr,
            )


if __name__ == "__main__":
    main()
