"""A server of loopback that is Wikidata, as well or badly as the test has it, and judgements of a test's own."""

from __future__ import annotations

from pathlib import Path

from tests.fetching.conftest import no_proxy, site

from harmgraph.cli.arguments import PROJECT

__all__ = ["folder", "no_proxy", "site"]


def folder(path: Path, *rows: tuple[str, str, str]) -> Path:
    """A folder of judgements: thing, item, and the item's label."""
    source = (PROJECT.judgements / "organisations.sssom.tsv").read_text(encoding="utf-8")
    head = [line for line in source.splitlines() if line.startswith(("#", "subject_id"))]
    for thing, item, label in rows:
        cells = (
            thing,
            label,
            "skos:exactMatch",
            item,
            label,
            "semapv:MappingReview",
            "0.9",
            "",
            "2026-12-01",
            "",
            "seen",
        )
        head.append("\t".join(cells))
    path.mkdir()
    (path / "organisations.sssom.tsv").write_text("\n".join(head) + "\n", encoding="utf-8")
    return path
