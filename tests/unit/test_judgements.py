"""Judgements: the SSSOM files of the project, and that a malformed row is never dropped in silence."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from harmgraph.errors import BuildAborted
from harmgraph.iris import PREFIXES, SKOS, WD, mint
from harmgraph.linking.judgements import COLUMNS, MODIFIED_COLUMNS, read_judgements
from harmgraph.vocabulary import Vocabulary

HEAD = (
    "#curie_map:\n#  hgo: https://w3id.org/harmgraph/id/organisation/\n#  wikidata: http://www.wikidata.org/entity/\n"
)
HEAD += "#  skos: http://www.w3.org/2004/02/skos/core#\n#  semapv: https://w3id.org/semapv/vocab/\n#license: CC0\n"
HEAD += "\t".join(COLUMNS) + "\n"
JUSTIFIED = "semapv:ManualMappingCuration"
ROW = f"hgo:reuters\tReuters\tskos:exactMatch\twikidata:Q130879\tReuters\t{JUSTIFIED}\t0.99\t\t2026-11-24\t\tseen"


def test_the_shipped_judgements_are_of_things_that_exist(project: Path) -> None:
    vocabulary = Vocabulary(project / "data" / "lookups")
    known = {mint("organisation", each.slug) for each in vocabulary.organisations}
    known |= {mint(place.kind, place.code) for place in vocabulary.places}
    known |= {mint("system", each.slug) for each in vocabulary.known_systems}
    judgements = read_judgements(project / "data" / "links")
    assert len(judgements) > 500
    # An incident exists by the snapshots of a build, so tests/unit/test_identity.py looks at those.
    subjects = {judgement.subject for judgement in judgements}
    assert {each for each in subjects if not each.value.startswith(PREFIXES["hgi"])} <= known
    assert {judgement.predicate for judgement in judgements} == {SKOS.exactMatch, SKOS.closeMatch}
    least = {SKOS.exactMatch: 0.9, SKOS.closeMatch: 0.8}
    assert all(judgement.comment and judgement.confidence >= least[judgement.predicate] for judgement in judgements)


def test_no_item_is_exactly_two_of_our_things(project: Path) -> None:
    judgements = [each for each in read_judgements(project / "data" / "links") if each.object is not None]
    items = [each.object for each in judgements if each.predicate == SKOS.exactMatch]
    assert len(items) == len(set(items))


def test_what_was_looked_for_in_vain_has_no_object(project: Path) -> None:
    judgements = read_judgements(project / "data" / "links")
    linked = {judgement.subject for judgement in judgements if judgement.holds and judgement.object is not None}
    for name in ("clearview-ai", "ministry-of-defence-of-ukraine"):  # looked for: found, or said not to be
        found = [judgement for judgement in judgements if judgement.subject == mint("organisation", name)]
        assert any(judgement.object is None for judgement in found) is not (mint("organisation", name) in linked)


def test_a_row_becomes_a_judgement(tmp_path: Path) -> None:
    (tmp_path / "a.sssom.tsv").write_text(HEAD + ROW + "\n", encoding="utf-8")
    (judgement,) = read_judgements(tmp_path)
    assert (judgement.subject, judgement.predicate, judgement.object) == (
        mint("organisation", "reuters"),
        SKOS.exactMatch,
        WD.Q130879,
    )
    assert (judgement.confidence, judgement.date, judgement.comment) == (0.99, date(2026, 11, 24), "seen")


def test_a_modifier_says_that_a_mapping_does_not_hold(tmp_path: Path) -> None:
    head = HEAD.replace("\t".join(COLUMNS), "\t".join(MODIFIED_COLUMNS))
    row = ROW.replace("\tskos:exactMatch\t", "\tskos:exactMatch\tNot\t")
    (tmp_path / "a.sssom.tsv").write_text(head + row + "\n", encoding="utf-8")
    (judgement,) = read_judgements(tmp_path)
    assert judgement.reviewed
    assert judgement.negated
    assert not judgement.holds
    (tmp_path / "a.sssom.tsv").write_text(head + row.replace("\tNot\t", "\tnot\t") + "\n", encoding="utf-8")
    with pytest.raises(BuildAborted, match="predicate_modifier 'not' is neither empty nor 'Not'"):
        read_judgements(tmp_path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEAD + ROW + "\textra\n", "a.sssom.tsv:8: .*12 cells instead of 11"),
        (HEAD + ROW.replace("hgo:", "foo:") + "\n", "a.sssom.tsv:8: subject_id 'foo:reuters' is no CURIE"),
        (HEAD + ROW.replace("exactMatch", "exactmatch") + "\n", "a.sssom.tsv:8: predicate_id 'skos:exactmatch'"),
        (HEAD + ROW.replace("wikidata:Q130879", "") + "\n", "a.sssom.tsv:8: object_id is empty"),
        (HEAD + ROW.replace("0.99", "1.5") + "\n", "a.sssom.tsv:8: confidence '1.5'"),
        (HEAD + ROW.replace("0.99", "sure") + "\n", "a.sssom.tsv:8: could not convert"),
        (HEAD + ROW.replace("2026-11-24", "24 Nov") + "\n", "a.sssom.tsv:8: Invalid isoformat"),
        (HEAD + ROW + "\n" + ROW + "\n", "a.sssom.tsv:9: .* in .*a.sssom.tsv:8 already"),
        (HEAD + ROW + "\n\n", "a.sssom.tsv:9: '' has 1 cells"),
        (HEAD.replace("confidence", "score"), "a.sssom.tsv:7: columns"),
        (HEAD.replace("#license: CC0", "# a remark"), "a.sssom.tsv:6: '# a remark' is no metadata"),
        ("\t".join(COLUMNS) + "\n", "a.sssom.tsv:1: no '#curie_map:'"),
        ("", "a.sssom.tsv:1: no '#curie_map:'"),
    ],
)
def test_a_malformed_file_stops_the_build_and_names_the_line(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "a.sssom.tsv").write_text(text, encoding="utf-8")
    with pytest.raises(BuildAborted, match=says):
        read_judgements(tmp_path)
