"""Small snapshots in the form of the AI Incident Database, with invented incidents."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from harmgraph.model import Interpreted, Snapshot
from harmgraph.sources.aiid import Aiid
from harmgraph.vocabulary import Vocabulary

INCIDENT: Mapping[str, str] = {
    "_id": "ObjectId(000000000000000000000001)",
    "incident_id": "7",
    "date": "2020-02-03",
    "reports": "[11,12]",
    "Alleged deployer of AI system": '["tesla"]',
    "Alleged developer of AI system": '["tesla"]',
    "Alleged harmed or nearly harmed parties": '["pedestrians"]',
    "description": "A robot drove into a fence.",
    "title": "Robot meets fence",
}
MIT: Mapping[str, str] = {
    "Namespace": "MIT",
    "Incident ID": "7",
    "Published": "True",
    "Risk Domain": "7. AI system safety, failures, and limitations",
    "Risk Subdomain": "7.3. Lack of capability or robustness",
    "Entity": "AI",
    "Timing": "Post-deployment",
    "Intent": "Unintentional",
}


def csv_text(*rows: Mapping[str, str]) -> str:
    """A CSV file of these rows, headed by the names in the first."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def incident_row(**changes: str) -> dict[str, str]:
    """`INCIDENT` with some cells changed; ``deployer``, ``developer`` and ``harmed`` are short for the long names."""
    long = {
        "deployer": "Alleged deployer of AI system",
        "developer": "Alleged developer of AI system",
        "harmed": "Alleged harmed or nearly harmed parties",
    }
    return {**INCIDENT, **{long.get(name, name): value for name, value in changes.items()}}


def snapshot(folder: Path, files: Mapping[str, str | bytes] | None = None) -> Snapshot:
    """The snapshot of a folder into which these files are written; incidents.csv is there unless given."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in {"incidents.csv": csv_text(INCIDENT), **(files or {})}.items():
        (folder / name).write_bytes(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
    return Snapshot("aiid", folder, "1", "0" * 64)


def json_snapshot(folder: Path, files: Mapping[str, object | str]) -> Snapshot:
    """The snapshot of a folder of JSON files; a text is written as it stands, anything else as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / name).write_text(text, encoding="utf-8")
    return Snapshot("aiid", folder, "1", "0" * 64)


def interpreted(taken: Snapshot, vocabulary: Vocabulary) -> dict[str, Interpreted]:
    """Everything in the snapshot by the local name of its record."""
    source = Aiid()
    return {record.local: source.incident(record, vocabulary) for record in source.records(taken)}


def kinds(outcome: Interpreted) -> Sequence[str]:
    """The kinds of the problems of one record."""
    return [problem.kind for problem in outcome.problems]
