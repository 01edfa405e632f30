"""Identity: which names are one incident's, what evidence does not merge, and how it comes out on the real data."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmgraph.errors import Problem
from harmgraph.iris import DCT, HG, RDF, SKOS, mint
from harmgraph.linking.clusters import database_of
from harmgraph.linking.identity import (
    NOT_THE_SAME,
    Conflict,
    Evidence,
    Identity,
    evidence_of,
    judged_pairs,
    resolve,
    tombstone_quads,
)
from harmgraph.linking.judgements import Judgement, read_judgements
from harmgraph.model import Incident, Interpreted, Snapshot, SourceRecord, Tombstone
from harmgraph.sources.aiaaic_sheet import AiaaicSheet
from harmgraph.sources.aiid import Aiid
from harmgraph.sources.avid import Avid
from harmgraph.sources.base import Source
from harmgraph.sources.curated import Curated
from harmgraph.sources.genai_incidents import GenaiIncidents, installed_snapshot
from harmgraph.sources.snapshot import take_snapshot
from harmgraph.sources.witness import keys_of, redirects_of

PAGE: Final = "aiaaic-page:some-page"


def told(local: str, *keys: str) -> Evidence:
    return Evidence(local, frozenset(keys))


def test_a_key_of_two_records_makes_one_incident_named_after_the_first_database() -> None:
    identity = resolve([told("AIAAIC0850", "aiaaic:AIAAIC0850", PAGE), told("INC-05349", PAGE)])
    assert identity.canonical("INC-05349") == "AIAAIC0850"
    assert identity.canonical("AIAAIC0850") == "AIAAIC0850"
    assert dict(identity.others) == {"INC-05349": "AIAAIC0850"}
    assert identity.conflicts == ()


@pytest.mark.parametrize(
    ("names", "canonical"),
    [
        (["INC-00009", "AVID-2022-R0001", "AIID-9", "AIAAIC0900"], "AIAAIC0900"),
        (["INC-00009", "AVID-2022-R0001", "AIID-9"], "AIID-9"),
        (["INC-00009", "AVID-2022-R0001"], "AVID-2022-R0001"),
        (["a-slug", "INC-00009"], "INC-00009"),
        (["INC-00010", "INC-00009"], "INC-00009"),
    ],
)
def test_the_name_is_that_of_the_best_database_and_there_the_lowest_id(names: list[str], canonical: str) -> None:
    identity = resolve([told(name, PAGE) for name in names])
    assert {identity.canonical(name) for name in names} == {canonical}


def test_an_id_in_a_record_names_the_incident_even_where_its_own_record_is_missing() -> None:
    identity = resolve([told("INC-00001", "aiid:412"), told("INC-00002", "oecd:2023-11-27-a6ba")])
    assert identity.canonical("INC-00001") == "AIID-412"
    assert identity.canonical("OECD-AIM-2023-11-27-a6ba") == "INC-00002"


def test_keys_join_across_several_records() -> None:
    identity = resolve([told("AIAAIC0001", PAGE), told("INC-00001", PAGE, "aiid:5"), told("AVID-2022-R0001", "aiid:5")])
    for name in ("INC-00001", "AIID-5", "AVID-2022-R0001"):
        assert identity.canonical(name) == "AIAAIC0001"


def test_a_page_of_two_ids_of_one_database_identifies_neither() -> None:
    evidence = [told("AIAAIC0028", PAGE), told("AIAAIC0612", PAGE), told("INC-00001", PAGE)]
    identity = resolve(evidence)
    assert dict(identity.others) == {}
    assert identity.conflicts == (Conflict(PAGE, ("AIAAIC0028", "AIAAIC0612")),)
    problem = identity.conflicts[0].problem
    assert isinstance(problem, Problem)
    assert (problem.kind, problem.field, problem.value) == ("identity-conflict", PAGE, "AIAAIC0028, AIAAIC0612")


def test_two_entries_of_a_collection_may_be_of_one_incident() -> None:
    identity = resolve([told("AIAAIC0001", PAGE), told("INC-00002", PAGE), told("INC-00001", PAGE)])
    assert identity.canonical("INC-00002") == identity.canonical("INC-00001") == "AIAAIC0001"


def test_the_weaker_key_gives_way_to_the_stronger_one() -> None:
    # The page belongs to AIAAIC0002, but the id of AIAAIC0001's twin in the other database counts for more.
    evidence = [told("AIAAIC0001", "aiid:5"), told("AIAAIC0002", PAGE), told("AIID-5", PAGE)]
    identity = resolve(evidence)
    assert identity.canonical("AIID-5") == "AIAAIC0001"
    assert identity.canonical("AIAAIC0002") == "AIAAIC0002"
    assert [conflict.key for conflict in identity.conflicts] == [PAGE]


def test_a_record_that_lists_several_ids_of_one_database_is_of_none_of_them() -> None:
    identity = resolve([told("AVID-2022-R0001", "aiid:5", "aiid:6")])
    assert dict(identity.others) == {}
    assert identity.conflicts == (Conflict("aiid:5", ("AVID-2022-R0001", "AIID-5", "AIID-6")),)


def test_a_record_of_several_cves_joins_nothing_by_them() -> None:
    one, other = "cve:CVE-2024-1000", "cve:CVE-2024-1001"
    identity = resolve([told("AVID-2024-R0001", one, other), told("INC-00001", one), told("INC-00002", other)])
    assert dict(identity.others) == {}
    assert [conflict.key for conflict in identity.conflicts] == [one]


def test_a_database_may_say_that_two_of_its_ids_are_one() -> None:
    identity = resolve([told("INC-00001", "aiid:130"), told("INC-00002", "aiid:107")], [("AIID-130", "AIID-107")])
    for name in ("AIID-130", "INC-00001", "INC-00002"):
        assert identity.canonical(name) == "AIID-107"


def test_an_id_given_up_never_names_the_incident_though_it_be_lower() -> None:
    assert resolve([], [("INC-00001", "INC-00009")]).canonical("INC-00001") == "INC-00009"


def test_ids_given_up_for_each_other_still_have_one_name() -> None:
    identity = resolve([], [("INC-00001", "INC-00002"), ("INC-00002", "INC-00001")])
    assert identity.canonical("INC-00002") == "INC-00001"


def test_a_judgement_joins_what_no_key_does() -> None:
    identity = resolve([told("AIAAIC0001", PAGE), told("INC-00001", PAGE)], judged=[("AIID-5", "AIAAIC0001")])
    assert identity.canonical("AIID-5") == identity.canonical("INC-00001") == "AIAAIC0001"


def test_a_judgement_may_say_that_a_database_has_an_incident_twice() -> None:
    evidence = [told("AIAAIC0028", PAGE), told("AIAAIC0612", PAGE), told("INC-00001", PAGE)]
    identity = resolve(evidence, judged=[("AIAAIC0612", "AIAAIC0028")])
    assert identity.canonical("AIAAIC0612") == identity.canonical("INC-00001") == "AIAAIC0028"
    assert identity.conflicts == ()


def test_judgements_that_contradict_each_other_are_reported() -> None:
    identity = resolve([], judged=[("AIAAIC0001", "AIID-5"), ("AIAAIC0002", "AIID-5")])
    assert identity.canonical("AIID-5") == "AIAAIC0001"
    assert identity.conflicts == (Conflict("judgement", ("AIAAIC0002", "AIID-5")),)


NAMES: Final = st.sampled_from(
    [f"AIAAIC{n:04}" for n in range(1, 5)] + [f"AIID-{n}" for n in range(1, 5)] + ["INC-00001", "INC-00002", "slug"]
)
KEYS: Final = st.frozensets(
    st.sampled_from([*(f"aiid:{n}" for n in range(1, 5)), "aiaaic-page:a", "aiaaic-page:b", "cve:CVE-2024-1"])
)


@given(
    evidence=st.lists(st.builds(Evidence, NAMES, KEYS), max_size=8),
    redirects=st.lists(st.tuples(NAMES, NAMES), max_size=3),
    judged=st.lists(st.tuples(NAMES, NAMES), max_size=3),
    order=st.randoms(use_true_random=False),
)
def test_no_incident_gets_two_ids_of_a_database_and_no_order_matters(
    evidence: list[Evidence],
    redirects: list[tuple[str, str]],
    judged: list[tuple[str, str]],
    order: object,
) -> None:
    identity = resolve(evidence, redirects, judged)
    shuffled = [list(each) for each in (evidence, redirects, judged)]
    for each in shuffled:
        order.shuffle(each)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    again = resolve(*shuffled)  # type: ignore[arg-type]  # three lists of three kinds
    assert dict(again.others) == dict(identity.others)
    names = {each.local for each in evidence} | set(identity.others)
    for name in names:
        assert identity.canonical(identity.canonical(name)) == identity.canonical(name)
    allowed = {frozenset(pair) for pair in (*redirects, *judged) if database_of(pair[0]) == database_of(pair[1])}
    if not allowed and not redirects:
        clusters = Counter((identity.canonical(name), database_of(name)) for name in names if database_of(name))
        assert {key[1] for key, number in clusters.items() if number > 1} <= {"genai-incidents"}


def record(local: str, **fields: str) -> SourceRecord:
    return SourceRecord("test", local, fields, "row 1")


@pytest.mark.parametrize(
    ("local", "keys", "about"),
    [
        ("AIAAIC2094~2", {PAGE}, "AIAAIC2094"),
        ("CSETv1-412", {"aiid:412"}, "AIID-412"),
        ("AVID-2022-R0001", {"avid:AVID-2022-R0001", "aiid:5"}, "AVID-2022-R0001"),
        ("some-page", {PAGE}, "some-page"),
    ],
)
def test_a_record_is_about_the_incident_it_is_named_after_or_whose_id_it_bears(
    local: str, keys: set[str], about: str
) -> None:
    evidence = evidence_of(record(local), frozenset(keys))
    assert evidence == Evidence(about, frozenset(keys))


def test_a_record_without_a_key_or_in_quarantine_bears_no_witness() -> None:
    problem = Problem("test", "AIAAIC0001", "title", "", "no-title", "no title", "error")
    bad = SourceRecord("test", "AIAAIC0001", {}, "row 1", problems=(problem,))
    assert evidence_of(record("AIAAIC0001"), frozenset()) is None
    assert evidence_of(bad, frozenset({PAGE})) is None


def test_an_incident_and_those_it_is_related_to_go_by_their_names() -> None:
    identity = Identity({"INC-00001": "AIAAIC0001", "INC-00002": "AIID-2"})
    incident = Incident("INC-00001", ("INC-00001",), "A title", related=("INC-00002", "AIAAIC0001", "AIID-2"))
    named = identity.named(Interpreted(record("INC-00001"), incident)).incident
    assert named is not None
    assert (named.local, named.related, named.identifiers) == ("AIAAIC0001", ("AIID-2",), ("INC-00001",))


def test_other_names_redirect_to_incidents_that_the_release_holds() -> None:
    identity = Identity({"INC-00001": "AIAAIC0001", "INC-00002": "AIID-2"})
    (quad,) = identity.redirect_quads({"AIAAIC0001"}.__contains__)
    assert (quad.subject, quad.predicate) == (mint("incident", "INC-00001"), DCT.isReplacedBy)
    assert quad.object == mint("incident", "AIAAIC0001")


def test_a_tombstone_says_that_and_why_the_incident_is_gone() -> None:
    tombstones = [
        Tombstone("INC-00004", "out of scope", "2026-07-13", ("INC-00005", "INC-00006")),
        Tombstone("INC-00007", "retracted"),
    ]
    quads = list(tombstone_quads(tombstones, {"INC-00005", "INC-00007"}.__contains__))
    assert {quad.subject for quad in quads} == {mint("incident", "INC-00004")}  # another record tells of INC-00007
    said = {quad.predicate: quad.object for quad in quads}
    assert said[RDF.type] == HG.Tombstone
    assert said[DCT.isReplacedBy] == mint("incident", "INC-00005")
    assert said.keys() == {RDF.type, DCT.identifier, HG.retractionReason, HG.retractionDate, DCT.isReplacedBy}


def test_only_reviewed_matches_between_incidents_are_judged_pairs() -> None:
    def judgement(subject: str, justification: str = "semapv:ManualMappingCuration") -> Judgement:
        kind, local = subject.split("/")
        other = mint("incident", "AIID-5")
        return Judgement(mint(kind, local), SKOS.exactMatch, other, justification, 1.0, None, "", "", "")

    likeness = "semapv:LexicalSimilarityThresholdMatching"
    judgements = [judgement("incident/AIAAIC0001"), judgement("organisation/x"), judgement("incident/INC-1", likeness)]
    assert list(judged_pairs(judgements)) == [("AIAAIC0001", "AIID-5")]


def test_a_pair_judged_not_to_be_one_is_reported_where_evidence_joins_it() -> None:
    evidence = [told("AIAAIC0850", PAGE), told("INC-05349", PAGE)]
    identity = resolve(evidence, different=[("INC-05349", "AIAAIC0850"), ("INC-1", "AIID-1")])
    assert identity.conflicts == (Conflict(NOT_THE_SAME, ("AIAAIC0850", "INC-05349")),)
    assert "judged not to be one" in identity.conflicts[0].problem.message
    assert identity.canonical("INC-05349") == "AIAAIC0850"


def test_a_negative_judgement_joins_nothing() -> None:
    subject, object_ = mint("incident", "AIAAIC0001"), mint("incident", "AIID-1")
    judgement = Judgement(
        subject, SKOS.exactMatch, object_, "semapv:ManualMappingCuration", 1.0, None, "", "", "", negated=True
    )
    assert [*judged_pairs([judgement])] == []
    assert [*judged_pairs([judgement], same=False)] == [("AIAAIC0001", "AIID-1")]


def test_the_reviewed_pairs_of_the_project_contradict_each_other_nowhere(project: Path) -> None:
    pairs = list(judged_pairs(read_judgements(project / "data" / "links")))
    assert len(pairs) >= 300
    assert {database_of(name) for pair in pairs for name in pair} == {"aiaaic", "aiid", "genai-incidents"}
    assert resolve([], judged=pairs).conflicts == ()
    assert len({name for pair in pairs for name in pair}) == 2 * len(pairs)


def identity_of(*read: tuple[Source, Snapshot], judged: list[tuple[str, str]] | None = None) -> Identity:
    evidence: list[Evidence] = []
    redirects: list[tuple[str, str]] = []
    for source, snapshot in read:
        for each in source.records(snapshot):
            if (witness := evidence_of(each, keys_of(source, each))) is not None:
                evidence.append(witness)
        redirects += redirects_of(source, snapshot)
    return resolve(evidence, redirects, judged or ())


def test_the_incident_that_the_project_began_from_is_one_in_all_sources(project: Path, shared_data: Path) -> None:
    pytest.importorskip("genai_incidents", reason="the extra 'genai' is not installed")
    corpus = installed_snapshot()
    assert corpus is not None
    sheet = take_snapshot("aiaaic-sheet", shared_data / "aiaaic" / "aiaaic_incidents_2026-06.csv")
    assert identity_of((AiaaicSheet(), sheet), (GenaiIncidents(), corpus)).canonical("INC-05349") == "AIAAIC0850"
    curated = take_snapshot("curated", project / "data" / "incidents")
    assert identity_of((Curated(), curated), (GenaiIncidents(), corpus)).canonical("INC-05349") == "AIAAIC0850"


def test_a_curated_record_is_known_by_its_pages(tmp_path: Path, vocabulary_free: Callable[[str], SourceRecord]) -> None:
    page = "https://www.aiaaic.org/aiaaic-repository/ai-algorithmic-and-automation-incidents/some-page"
    assert keys_of(Curated(), vocabulary_free(json.dumps([page, "https://example.org/"]))) == {PAGE}


@pytest.fixture
def vocabulary_free() -> Callable[[str], SourceRecord]:
    """A curated record with this field ``pages``."""
    return lambda pages: SourceRecord("curated", "AIAAIC0001", {"pages": pages}, "AIAAIC0001.toml")


def test_hard_evidence_and_judgements_merge_the_real_databases(project: Path, shared_data: Path) -> None:
    """Sheet 2026-06, AIID 2026-02, the AVID sample and genai-incidents 2.13.0 (docs/reference/identity.md)."""
    pytest.importorskip("genai_incidents", reason="the extra 'genai' is not installed")
    corpus = installed_snapshot()
    assert corpus is not None
    if corpus.version != "2.13.0":
        pytest.skip("the figures are those of version 2.13.0")
    read: list[tuple[Source, Snapshot]] = [
        (AiaaicSheet(), take_snapshot("aiaaic-sheet", shared_data / "aiaaic" / "aiaaic_incidents_2026-06.csv")),
        (Aiid(), take_snapshot("aiid", shared_data / "aiid" / "snapshot_2026-02")),
        (Avid(), take_snapshot("avid", shared_data / "avid")),
        (GenaiIncidents(), corpus),
    ]
    hard = identity_of(*read)
    assert merged(hard) == {
        ("oecd-aim", "genai-incidents"): 3_937,
        ("genai-incidents", "aiid"): 1_505,
        ("genai-incidents", "aiaaic"): 1_472,
        ("genai-incidents", "avid"): 342,
        ("genai-incidents", "genai-incidents"): 269,
        ("avid", "aiid"): 18,
        ("aiid", "aiid"): 13,
    }
    assert len(hard.conflicts) == 13
    assert all(conflict.key.startswith("aiaaic-page:") for conflict in hard.conflicts)
    judged = list(judged_pairs(read_judgements(project / "data" / "links")))
    full = identity_of(*read, judged=judged)
    assert full.conflicts == hard.conflicts
    assert {full.canonical(one) == full.canonical(other) for one, other in judged} == {True}
    assert merged(full)["aiid", "aiaaic"] == 296
    assert merged(full)["genai-incidents", "aiaaic"] == 1_763


def merged(identity: Identity) -> Counter[tuple[str | None, str | None]]:
    return Counter((database_of(name), database_of(canonical)) for name, canonical in identity.others.items())


def test_a_withdrawn_name_of_an_incident_that_others_tell_of_redirects_only() -> None:
    identity = resolve([Evidence("AIAAIC0010", frozenset({"aiid:5"}))])
    tombstone = Tombstone("AIID-5", "withdrawn")
    held = {"AIAAIC0010"}
    assert list(identity.redirect_quads(held.__contains__))
    assert not list(tombstone_quads([tombstone], lambda name: identity.canonical(name) in held))


def test_a_judgement_that_contradicts_another_says_so() -> None:
    identity = resolve([], judged=[("AIAAIC0001", "AIID-1"), ("AIAAIC0001", "AIID-2")])
    assert [conflict.problem.message[:30] for conflict in identity.conflicts] == ["this judgement contradicts oth"]
