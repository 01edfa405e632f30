"""Candidates: what is compared, that nothing merges, and how good the list is on pairs judged by hand."""

from __future__ import annotations

import csv
import time
from pathlib import Path
from typing import Final

import pytest

from harmgraph.linking.candidates import REVIEW, Candidate, Comparison, Described, describe, write_candidates
from harmgraph.linking.identity import Evidence, Identity, evidence_of, resolve
from harmgraph.linking.judgements import read_judgements
from harmgraph.model import Actor, Concept, Incident, Occurred, Snapshot
from harmgraph.sources.aiaaic_sheet import AiaaicSheet
from harmgraph.sources.aiid import Aiid
from harmgraph.sources.base import Source
from harmgraph.sources.genai_incidents import GenaiIncidents, installed_snapshot
from harmgraph.sources.snapshot import take_snapshot
from harmgraph.sources.witness import keys_of, redirects_of
from harmgraph.vocabulary import Vocabulary

NOBODY: Final = Identity({})


def incident(local: str, title: str, date: str | None = None, *deployers: str, description: str = "") -> Incident:
    return Incident(
        local,
        (local,),
        title,
        occurred=Occurred(date) if date else None,
        deployers=tuple(Actor(name.lower(), name) for name in deployers),
        description=description or None,
    )


STORIES: Final = (
    incident("AIAAIC0001", "Meal planner suggests chlorine gas recipe", "2023", "Foodmart"),
    incident("AIID-1", "Recipe bot recommended deadly chlorine gas", "2023-08-10", "foodmart"),
    incident("AIID-2", "Robot trips shopper at the mall", "2023-08-11", "Foodmart"),
    incident("AIAAIC0002", "Chess robot breaks finger of a child", "2022"),
    incident("AIID-3", "Robot broke child's finger during chess match", "2022-07-21"),
    incident("INC-00001", "Chess robot breaks finger", "2012"),
    # Words are rare or common only among others.
    *(incident(f"INC-{number:05}", f"Deepfake number {number} of politician {number}") for number in range(100, 180)),
)


def compared(*incidents: Incident, identity: Identity = NOBODY, threshold: float = REVIEW) -> list[tuple[str, str]]:
    described = [each for each in map(describe, incidents) if each is not None]
    return [(each.one.local, each.other.local) for each in Comparison(described).candidates(identity, threshold)]


def test_one_story_in_two_wordings_is_a_candidate_and_its_neighbour_is_none() -> None:
    found = {frozenset(pair) for pair in compared(*STORIES)}
    assert frozenset({"AIAAIC0001", "AIID-1"}) in found
    assert frozenset({"AIAAIC0002", "AIID-3"}) in found
    assert frozenset({"AIAAIC0001", "AIID-2"}) not in found


def test_dates_far_apart_make_a_pair_less_likely() -> None:
    comparison = Comparison(each for each in map(describe, STORIES) if each is not None)
    by_local = {each.local: each for each in comparison.described}
    near = comparison.likeness(by_local["AIAAIC0002"], by_local["AIID-3"])
    assert 0 < comparison.likeness(by_local["INC-00001"], by_local["AIID-3"]) < near


def test_incidents_of_one_database_are_never_compared() -> None:
    assert compared(incident("AIID-1", "A chess robot"), incident("AIID-2", "A chess robot"), threshold=0) == []


def test_what_identity_has_joined_is_no_candidate() -> None:
    identity = Identity({"AIID-1": "AIAAIC0001"})
    found = {frozenset(pair) for pair in compared(*STORIES, identity=identity)}
    assert frozenset({"AIAAIC0001", "AIID-1"}) not in found
    assert frozenset({"AIAAIC0002", "AIID-3"}) in found


def test_a_weakness_of_a_program_is_no_event_and_not_compared() -> None:
    assert describe(Incident("INC-1", ("INC-1",), "A title", concepts=(Concept("kind", "vulnerability"),))) is None
    assert describe(Incident("AIID-1", ("AIID-1",), None)) is None


@pytest.mark.parametrize("title", ["", " ", "the of and", "北京", "\u202e", "a" * 100_000])
def test_any_title_can_be_compared(title: str) -> None:
    pair = incident("AIID-1", title), incident("AIAAIC0001", title)
    assert len(compared(*pair, *STORIES, threshold=0)) >= 2


def test_candidates_are_written_as_sssom_that_is_no_judgement_yet(tmp_path: Path) -> None:
    one, other = (Described(f"AIID-{n}", f"A\ttitle\n{n}", frozenset(), frozenset(), None, None) for n in (1, 2))
    path = tmp_path / "candidates.sssom.tsv"
    assert write_candidates([Candidate(one, other, 0.875)], path) == 1
    (judgement,) = read_judgements(tmp_path)
    assert (judgement.subject_label, judgement.confidence) == ("A title 1", 0.875)
    assert judgement.justification == "semapv:LexicalSimilarityThresholdMatching"


@pytest.fixture(scope="module")
def sample(project: Path) -> dict[tuple[str, str], bool]:
    """Pairs that a person has judged by reading both entries: same or not."""
    with (project / "tests" / "data" / "identity_pairs.csv").open(encoding="utf-8", newline="") as file:
        return {(row["one"], row["other"]): row["same"] == "yes" for row in csv.DictReader(file)}


def test_two_fifths_of_the_sample_at_least_are_pairs_that_only_look_alike(
    sample: dict[tuple[str, str], bool],
) -> None:
    assert len(sample) >= 200
    assert list(sample.values()).count(False) >= 0.4 * len(sample)


@pytest.mark.slow
def test_the_list_for_review_is_as_good_as_the_docs_say(
    project: Path, shared_data: Path, sample: dict[tuple[str, str], bool]
) -> None:
    """The whole of AIAAIC 2026-06, AIID 2026-02 and genai-incidents, against the sample; docs/reference/identity.md."""
    pytest.importorskip("genai_incidents", reason="the extra 'genai' is not installed")
    corpus = installed_snapshot()
    assert corpus is not None
    if corpus.version != "2.13.0":
        pytest.skip("the figures are those of version 2.13.0")
    read: list[tuple[Source, Snapshot]] = [
        (AiaaicSheet(), take_snapshot("aiaaic-sheet", shared_data / "aiaaic" / "aiaaic_incidents_2026-06.csv")),
        (Aiid(), take_snapshot("aiid", shared_data / "aiid" / "snapshot_2026-02")),
        (GenaiIncidents(), corpus),
    ]
    vocabulary = Vocabulary(project / "data" / "lookups")
    evidence: list[Evidence] = []
    redirects: list[tuple[str, str]] = []
    described: dict[str, Described] = {}
    for source, snapshot in read:
        redirects += redirects_of(source, snapshot)
        for record in source.records(snapshot):
            if (witness := evidence_of(record, keys_of(source, record))) is not None:
                evidence.append(witness)
            interpreted = source.incident(record, vocabulary)
            if interpreted.incident is not None and (each := describe(interpreted.incident)) is not None:
                described.setdefault(each.local, each)
    began = time.perf_counter()
    candidates = Comparison(described.values()).candidates(resolve(evidence, redirects))  # without the judgements
    assert time.perf_counter() - began < 120
    listed = {frozenset((each.one.local, each.other.local)) for each in candidates}
    right = sum(same and frozenset(pair) in listed for pair, same in sample.items())
    wrong = sum(not same and frozenset(pair) in listed for pair, same in sample.items())
    precision, recall = right / (right + wrong), right / list(sample.values()).count(True)
    print(f"{len(candidates)} candidates; on the sample precision {precision:.2f}, recall {recall:.2f}")  # noqa: T201  # a figure
    assert precision >= 0.78
    assert recall >= 0.73
    assert len(candidates) < 2_000
