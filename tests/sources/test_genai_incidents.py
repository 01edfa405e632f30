"""genai-incidents: what one entry becomes, and the figures of the whole corpus as the package has it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from pyoxigraph import RdfFormat, parse

from harmgraph.iris import SKOS, concept_iri
from harmgraph.model import Concept, Incident, Interpreted, Snapshot
from harmgraph.sources.genai_codes import CODED_TAGS, CODES
from harmgraph.sources.genai_incidents import GenaiIncidents, default_snapshot, installed_snapshot
from harmgraph.sources.genai_licences import LICENCE
from harmgraph.vocabulary import Vocabulary

SOURCE: Final = GenaiIncidents()
ENTRY: Final[dict[str, Any]] = {
    "id": "INC-05349",
    "title": "A country takes up face recognition",
    "date": "2022-03",
    "year": 2022,
    "severity": "High",
    "attack_vector": "data-exfiltration",
    "owasp_llm": ["LLM02"],
    "owasp_asi": [],
    "nist_ai_rmf": ["GOVERN-1.1", "MEASURE-2.10"],
    "mitre_atlas": ["AML.T0024.001"],
    "cve_ids": [],
    "primary_reference": "https://oecd.ai/en/incidents/2022-03-14-a6ba",
    "description": "It does so in a war.",
    "affected": "Soldiers / civilians",
    "tags": ["biometric", "warzone", "juris-uk;-usa", "sector-govt---police", "oecd-aim"],
    "quality_tier": "reviewed",
    "tier": "feed",
    "corpus": "security",
}
VULNERABILITY: Final = {
    "cve_ids": ["CVE-2024-7959"],
    "primary_reference": "https://nvd.nist.gov/vuln/detail/CVE-2024-7959",
    "tags": ["cve", "nvd", "chatbot"],
}

Read = Callable[..., Interpreted]


@pytest.fixture
def read(written: Callable[[str, str], Snapshot], vocabulary: Vocabulary) -> Read:
    """What the entry above becomes with these changes."""

    def interpreted(**changes: object) -> Interpreted:
        snapshot = written("incidents.min.json", json.dumps({"incidents": [ENTRY | changes]}))
        (record,) = SOURCE.records(snapshot)
        return SOURCE.incident(record, vocabulary)

    return interpreted


def stands(interpreted: Interpreted) -> Incident:
    assert interpreted.incident is not None, interpreted.problems
    return interpreted.incident


def test_an_entry_says_what_its_fields_say(read: Read) -> None:
    interpreted = read()
    incident = stands(interpreted)
    assert interpreted.problems == ()
    assert (incident.local, incident.title) == ("INC-05349", "A country takes up face recognition")
    assert incident.identifiers == ("INC-05349", "OECD-AIM-2022-03-14-a6ba")
    assert incident.occurred is not None
    assert incident.occurred.edtf == "2022-03"
    assert set(incident.concepts) == {
        Concept("kind", "incident"),
        Concept("owasp-llm", "llm02"),
        Concept("nist-ai-rmf", "govern-1-1"),
        Concept("nist-ai-rmf", "measure-2-10"),
        Concept("mitre-atlas", "aml-t0024-001"),
        Concept("genai-severity", "high"),
        Concept("genai-attack-vector", "data-exfiltration"),
        Concept("technology", "biometrics"),
        Concept("sector", "government-police"),
    }
    assert [place.code for place in incident.jurisdictions] == ["GBR", "USA"]
    assert (incident.affected, incident.keywords) == ("Soldiers / civilians", ("warzone",))
    assert incident.pages == ("https://oecd.ai/en/incidents/2022-03-14-a6ba",)


@pytest.mark.parametrize("date", ["2003-12", "2020", "2021-03-04"])
def test_a_date_keeps_its_precision(read: Read, date: str) -> None:
    occurred = stands(read(date=date)).occurred
    assert occurred is not None
    assert occurred.edtf == date


@pytest.mark.parametrize("date", ["2021-13", "2021-02-30", "March 2021", "0000"])
def test_a_date_that_does_not_exist_is_reported_and_left_out(read: Read, date: str) -> None:
    interpreted = read(date=date)
    assert stands(interpreted).occurred is None
    assert [problem.kind for problem in interpreted.problems] == ["unreadable-date"]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        (VULNERABILITY, "vulnerability"),
        ({"primary_reference": "https://github.com/advisories/GHSA-rj53-j6jw-7f7g", "tags": ["ghsa"]}, "vulnerability"),
        (VULNERABILITY | {"tags": ["cve", "case-study"]}, "incident"),
        ({"primary_reference": "https://github.com/advisories/GHSA-x", "tags": ["malicious-package"]}, "incident"),
        ({"primary_reference": "https://avidml.org/database/avid-2022-v002/", "tags": []}, "vulnerability"),
        ({"primary_reference": "https://avidml.org/database/avid-2025-r0034/", "tags": []}, "demonstration"),
        ({"primary_reference": "https://arxiv.org/abs/2507.10457", "tags": []}, "demonstration"),
        ({"primary_reference": "https://incidentdatabase.ai/cite/412/", "tags": ["cve"]}, "incident"),
        ({"primary_reference": "https://example.org/a", "tags": []}, "incident"),
    ],
)
def test_tags_and_references_tell_events_from_weaknesses_and_studies(
    read: Read, changes: dict[str, object], kind: str
) -> None:
    assert [each for each in stands(read(**changes)).concepts if each.scheme == "kind"] == [Concept("kind", kind)]


def test_the_tags_of_an_advisory_are_names_of_software(read: Read) -> None:
    incident = stands(read(**VULNERABILITY))
    assert incident.keywords == ("chatbot",)
    assert not [each for each in incident.concepts if each.scheme == "technology"]


def test_a_code_that_no_scheme_has_is_reported_and_makes_no_concept(read: Read) -> None:
    changes = {"owasp_llm": ["LLM11"], "severity": "Catastrophic", "tags": ["mit-risk-domain:8-x", "eu-ai-act-9"]}
    interpreted = read(**changes)
    assert Counter(problem.kind for problem in interpreted.problems) == {"unknown-code": 4}
    assert {each.scheme for each in stands(interpreted).concepts} == {
        "kind",
        "nist-ai-rmf",
        "mitre-atlas",
        "genai-attack-vector",
    }


def test_a_label_that_nobody_has_mapped_is_reported(read: Read) -> None:
    interpreted = read(tags=["juris-atlantis", "sector-alchemy"])
    assert [problem.kind for problem in interpreted.problems] == ["unmapped-label", "unmapped-label"]
    assert stands(interpreted).keywords == ()


def test_the_last_place_of_a_tag_that_the_source_has_cut_is_not_read(read: Read) -> None:
    interpreted = read(tags=["juris-austria;-belgium;-france"])
    assert [place.code for place in stands(interpreted).jurisdictions] == ["AUT", "BEL"]
    assert [(problem.kind, problem.severity) for problem in interpreted.problems] == [("truncated-value", "info")]


def test_a_field_that_no_rule_reads_is_reported(read: Read) -> None:
    interpreted = read(shoe_size="44")
    assert [(problem.field, problem.kind) for problem in interpreted.problems] == [("shoe_size", "unread-field")]
    assert interpreted.record.fields["shoe_size"] == "44"


def test_an_article_is_a_report_and_no_page_of_the_incident(read: Read) -> None:
    incident = stands(
        read(primary_reference="https://www.reuters.com/a", references=[{"url": "https://example.org/b"}])
    )
    assert [report.url for report in incident.reports] == ["https://www.reuters.com/a", "https://example.org/b"]
    assert incident.pages == ()


@pytest.mark.parametrize("address", ["javascript:alert(1)", "https://exa mple.org", "ftp://example.org/x", "see below"])
def test_what_is_no_address_is_reported_and_never_an_iri(read: Read, address: str) -> None:
    interpreted = read(primary_reference=address)
    incident = stands(interpreted)
    assert (incident.pages, incident.reports) == ((), ())
    assert [problem.kind for problem in interpreted.problems] == ["not-an-address"]


def test_a_retracted_entry_keeps_its_record_and_leaves_a_tombstone(read: Read) -> None:
    interpreted = read(status="retracted", rejected_cve_ids=["CVE-2024-7959"], **VULNERABILITY)
    assert interpreted.incident is None
    assert interpreted.problems == ()
    assert interpreted.tombstone is not None
    assert interpreted.tombstone.local == "INC-05349"
    assert interpreted.record.licence is not None
    assert interpreted.record.licence.assertion_status == "retracted"
    assert SOURCE.keys(interpreted.record) == frozenset()


def test_a_disputed_entry_stands_as_an_allegation(read: Read) -> None:
    interpreted = read(status="disputed")
    assert [problem.kind for problem in interpreted.problems] == ["disputed"]
    assert interpreted.record.licence is not None
    assert interpreted.record.licence.assertion_status == "alleged"


def test_a_status_that_nobody_knows_is_reported(read: Read) -> None:
    assert [problem.kind for problem in read(status="doubtful").problems] == ["unknown-code"]


def test_what_was_taken_over_in_bulk_is_inferred(read: Read) -> None:
    licence = read(quality_tier="auto").record.licence
    assert licence is not None
    assert (licence.assertion_status, licence.iri) == ("inferred", LICENCE.iri)
    assert read().record.licence is None


def test_the_terms_of_a_row_stay_with_its_record(read: Read) -> None:
    terms = {
        "license": "CC-BY-SA-4.0",
        "license_url": "https://creativecommons.org/licenses/by-sa/4.0/",
        "attribution": "AIAAIC Repository",
        "attribution_url": "https://www.aiaaic.org/aiaaic-repository",
    }
    licence = read(content_license=terms).record.licence
    assert licence is not None
    assert licence.iri == "https://creativecommons.org/licenses/by-sa/4.0/"
    assert (licence.rights_holder, licence.homepage) == (
        "AIAAIC Repository",
        "https://www.aiaaic.org/aiaaic-repository",
    )


@pytest.mark.parametrize(
    "terms", [{}, {"license_url": "javascript:x", "attribution": "A"}, {"license_url": "https://example.org/l"}]
)
def test_a_row_whose_terms_cannot_be_told_is_quarantined(read: Read, terms: dict[str, str]) -> None:
    interpreted = read(content_license=terms)
    assert interpreted.incident is None
    assert [problem.kind for problem in interpreted.problems] == ["unreadable-licence"]


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ({}, {"oecd:2022-03-14-a6ba"}),
        ({"primary_reference": "https://incidentdatabase.ai/cite/412/"}, {"aiid:412"}),
        ({"primary_reference": "https://www.aiaaic.org/aiaaic-repository/ai/a-page"}, {"aiaaic-page:a-page"}),
        (VULNERABILITY, {"cve:CVE-2024-7959"}),
        (VULNERABILITY | {"cve_ids": ["CVE-2024-7959", "CVE-2024-7960"]}, set()),
        (VULNERABILITY | {"tags": ["case-study"]}, set()),
        (VULNERABILITY | {"rejected_cve_ids": ["CVE-2024-7959"]}, set()),
        ({"primary_reference": "https://example.org/", "source_ids": ["AIID-7", "X-1"]}, {"aiid:7"}),
        ({"primary_reference": "https://example.org/", "aiid_id": 8}, {"aiid:8"}),
    ],
)
def test_an_entry_bears_the_keys_of_what_it_was_taken_from(
    read: Read, changes: dict[str, object], keys: set[str]
) -> None:
    assert SOURCE.keys(read(**changes).record) == keys


def deprecated(written: Callable[[str, str], Snapshot], *entries: dict[str, object]) -> Snapshot:
    written("id_deprecations.json", json.dumps({"deprecations": [{"date": "2026-07-13", **each} for each in entries]}))
    return written("incidents.min.json", json.dumps([ENTRY]))


def test_an_identifier_given_up_is_followed_to_the_one_that_stands(written: Callable[[str, str], Snapshot]) -> None:
    snapshot = deprecated(
        written,
        {"from": "INC-00001", "into": "INC-00002", "reason": "merged"},
        {"from": "INC-00002", "into": ["INC-00003"], "reason": "resplit"},
        {"from": "INC-00004", "into": None, "reason": "out-of-scope"},
        {"from": "INC-00005", "into": ["INC-00006", "INC-00007"], "reason": "split"},
        {"from": "INC-00008", "into": "INC-00009", "reason": "release-scoped", "valid_for_releases": ["v2.0.0"]},
    )
    assert set(SOURCE.redirects(snapshot)) == {("INC-00001", "INC-00003"), ("INC-00002", "INC-00003")}
    split, gone = sorted(SOURCE.tombstones(snapshot), key=lambda each: each.local, reverse=True)
    assert (gone.local, gone.successors, gone.published) == ("INC-00004", (), "2026-07-13")
    assert (split.local, split.successors) == ("INC-00005", ("INC-00006", "INC-00007"))


def test_the_last_word_on_an_identifier_counts(written: Callable[[str, str], Snapshot]) -> None:
    snapshot = deprecated(
        written,
        {"from": "INC-00001", "into": ["INC-00002", "INC-00003"], "reason": "split"},
        {"from": "INC-00001", "into": "INC-00003", "reason": "successor-identified"},
    )
    assert list(SOURCE.redirects(snapshot)) == [("INC-00001", "INC-00003")]
    assert list(SOURCE.tombstones(snapshot)) == []


def test_identifiers_that_replace_each_other_lead_nowhere(written: Callable[[str, str], Snapshot]) -> None:
    snapshot = deprecated(
        written,
        {"from": "INC-00001", "into": "INC-00002", "reason": "merged"},
        {"from": "INC-00002", "into": "INC-00001", "reason": "merged"},
    )
    assert list(SOURCE.redirects(snapshot)) == []
    assert {each.local for each in SOURCE.tombstones(snapshot)} == {"INC-00001", "INC-00002"}


@pytest.mark.parametrize("scheme", sorted({*(scheme for scheme, _ in CODES.values())}))
def test_a_scheme_holds_every_code_that_the_adapter_knows(project: Path, scheme: str) -> None:
    notations, concepts = set(), set()
    for quad in parse(path=project / "ontology" / "schemes" / f"{scheme}.ttl", format=RdfFormat.TURTLE):
        if quad.predicate == SKOS.notation:
            notations.add(quad.object.value)
            concepts.add(quad.subject)
    codes = next(codes for name, codes in CODES.values() if name == scheme)
    functions = {"GOVERN", "MAP", "MEASURE", "MANAGE"} if scheme == "nist-ai-rmf" else set()
    assert notations == codes | functions
    assert concepts >= {concept_iri(scheme, code.lower().replace(".", "-")) for code in codes}


def test_a_coded_tag_names_a_concept_that_exists(project: Path) -> None:
    held = {
        quad.subject
        for scheme in ("mit-risk", "eu-ai-act-risk")
        for quad in parse(path=project / "ontology" / "schemes" / f"{scheme}.ttl", format=RdfFormat.TURTLE)
    }
    assert {concept_iri(*target) for target in CODED_TAGS.values()} <= held


@pytest.fixture(scope="module")
def corpus(project: Path) -> tuple[Snapshot, list[Interpreted]]:
    """The installed corpus, interpreted."""
    pytest.importorskip("genai_incidents", reason="the extra 'genai' is not installed")
    snapshot = installed_snapshot()
    assert snapshot is not None
    vocabulary = Vocabulary(project / "data" / "lookups")
    return snapshot, [SOURCE.incident(record, vocabulary) for record in SOURCE.records(snapshot)]


def _standing(corpus: tuple[Snapshot, list[Interpreted]]) -> Iterator[Incident]:
    yield from (each.incident for each in corpus[1] if each.incident is not None)


def test_every_entry_of_the_corpus_stands_or_says_why_not(corpus: tuple[Snapshot, list[Interpreted]]) -> None:
    snapshot, every = corpus
    if snapshot.version != "2.13.0":
        pytest.skip("the figures are those of version 2.13.0")
    tombstones = [each for each in every if each.tombstone is not None]
    quarantined = [each for each in every if each.incident is None and each.tombstone is None]
    assert (snapshot.date, len(every), len(tombstones), len(quarantined)) == ("2026-10-13", 15_666, 29, 0)
    assert Counter(problem.kind for each in every for problem in each.problems) == {
        "truncated-value": 23,
        "disputed": 22,
        "rejected-identifier": 7,
    }
    kinds = Counter(concept.slug for each in _standing(corpus) for concept in each.concepts if concept.scheme == "kind")
    assert kinds == {"vulnerability": 7_986, "incident": 7_306, "demonstration": 345}
    precision = Counter(each.occurred.edtf.count("-") for each in _standing(corpus) if each.occurred is not None)
    assert precision == {0: 1_562, 1: 8_612, 2: 5_463}


def test_every_licence_of_the_corpus_is_on_its_record(corpus: tuple[Snapshot, list[Interpreted]]) -> None:
    snapshot, every = corpus
    if snapshot.version != "2.13.0":
        pytest.skip("the figures are those of version 2.13.0")
    licences = [each.record.licence or LICENCE for each in every]
    assert Counter(licence.iri for licence in licences) == {
        "https://creativecommons.org/licenses/by/4.0/": 11_899,
        "https://www.cve.org/Legal/TermsOfUse": 2_171,
        "https://creativecommons.org/licenses/by-sa/4.0/": 1_517,
        "https://github.com/avidml/avid-db/blob/main/LICENSE": 79,
    }
    assert Counter(licence.assertion_status for licence in licences) == {
        "stated": 11_208,
        "inferred": 4_407,
        "retracted": 29,
        "alleged": 22,
    }


def test_the_corpus_has_followed_its_own_redirects(corpus: tuple[Snapshot, list[Interpreted]]) -> None:
    snapshot, every = corpus
    if snapshot.version != "2.13.0":
        pytest.skip("the figures are those of version 2.13.0")
    held = {each.record.local for each in every}
    redirects, tombstones = list(SOURCE.redirects(snapshot)), list(SOURCE.tombstones(snapshot))
    assert (len(redirects), len(tombstones)) == (289, 776)
    assert {standing for _, standing in redirects} <= held
    assert not {old for old, _ in redirects} & held
    assert {local for each in tombstones for local in each.successors} <= held


def test_there_is_a_default_snapshot_where_the_package_is_installed() -> None:
    pytest.importorskip("genai_incidents", reason="the extra 'genai' is not installed")
    folder = default_snapshot()
    assert folder is not None
    assert (folder / "incidents.min.json").is_file()
