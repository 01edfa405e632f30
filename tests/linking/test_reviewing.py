"""A review as a person does it: keys go in, judgements stand in the files at once, and nothing is asked twice."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest
from pyoxigraph import NamedNode
from typer.testing import CliRunner, Result

from harmgraph.cli import app
from harmgraph.cli.arguments import PROJECT
from harmgraph.errors import BuildAborted, HarmgraphError
from harmgraph.iris import SKOS, WD, mint
from harmgraph.linking.judgement_file import write_judgement
from harmgraph.linking.judgements import Judgement, read_judgements
from harmgraph.linking.reviewing import Review
from harmgraph.linking.similar import Suggestion
from harmgraph.linking.suggestion_file import write_suggestions

CLEARVIEW, WAYMO = mint("organisation", "clearview-ai"), mint("organisation", "waymo")
CHATBOT = mint("system", "character-ai")
FILES = ("organisations", "places", "systems")


def suggestion(thing: NamedNode, label: str, number: str, score: float = 0.7) -> Suggestion:
    return Suggestion(thing, label, WD[number], f"{label} {number}", score, "search", "country USA; [a test]")


@pytest.fixture
def candidates(tmp_path: Path) -> Path:
    found = [
        suggestion(CLEARVIEW, "Clearview AI", "Q901", 0.95),
        suggestion(CLEARVIEW, "Clearview AI", "Q902"),
        suggestion(WAYMO, "Waymo", "Q905"),
        suggestion(CHATBOT, "Character.AI", "Q906"),
    ]
    file = tmp_path / "new.sssom.tsv"
    write_suggestions(found, file, date.today())
    return file


@pytest.fixture
def links(tmp_path: Path) -> Path:
    """A copy of the judgements that ship with the project."""
    return Path(shutil.copytree(PROJECT.judgements, tmp_path / "links"))


def review(candidates: Path, links: Path, keys: str, *more: str) -> Result:
    arguments = ["link", "review", str(candidates), "--into", str(links), *more]
    return CliRunner().invoke(app, arguments, input="".join(f"{key}\n" for key in keys), catch_exceptions=False)


def judged(links: Path, thing: NamedNode) -> list[Judgement]:
    return [each for each in read_judgements(links) if each.subject == thing]


def everything(links: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in links.iterdir()}


def test_each_answer_becomes_a_judgement_in_the_file_of_its_kind(candidates: Path, links: Path) -> None:
    done = review(candidates, links, "arc", "--reviewer", "orcid:0000-0001-2345-6789")
    assert done.exit_code == 0, done.output
    (clearview,), (waymo,), (chatbot,) = (judged(links, each) for each in (CLEARVIEW, WAYMO, CHATBOT))
    assert (clearview.object, clearview.predicate, clearview.holds) == (WD.Q901, SKOS.exactMatch, True)
    assert clearview.confidence >= 0.9
    assert (waymo.object, waymo.negated, waymo.holds) == (WD.Q905, True, False)
    assert (chatbot.object, chatbot.predicate) == (WD.Q906, SKOS.closeMatch)
    assert "orcid:0000-0001-2345-6789" in (links / "organisations.sssom.tsv").read_text(encoding="utf-8")
    assert "1 exact, 1 close, 1 reject; 0 candidates left" in done.output


def test_what_was_looked_for_in_vain_gives_way_to_what_was_found(candidates: Path, links: Path) -> None:
    assert [each.object for each in judged(links, CLEARVIEW)] == [None]
    review(candidates, links, "a")
    assert [each.object for each in judged(links, CLEARVIEW)] == [WD.Q901]


def test_all_other_rows_stay_as_they_are_and_in_their_order(candidates: Path, links: Path) -> None:
    before = (links / "organisations.sssom.tsv").read_text(encoding="utf-8").splitlines()
    review(candidates, links, "auu")
    after = (links / "organisations.sssom.tsv").read_text(encoding="utf-8").splitlines()
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert [new.split("\t")[0] for _, new in changed] == ["hgo:clearview-ai"]
    subjects = [line.split("\t")[0] for line in after if line.startswith("hgo:")]
    assert subjects == sorted(subjects)


def test_a_rejection_adds_the_column_and_the_next_candidate_of_the_thing_is_asked(
    candidates: Path, links: Path
) -> None:
    before = {each.object for each in read_judgements(links)}
    done = review(candidates, links, "raq")
    assert "Clearview AI Q902" in done.output
    found = {each.object: each.negated for each in judged(links, CLEARVIEW)}
    assert found == {WD.Q901: True, WD.Q902: False}
    assert before <= {None} | {each.object for each in read_judgements(links)}


def test_none_of_them_settles_the_thing(candidates: Path, links: Path) -> None:
    done = review(candidates, links, "nq")
    assert [each.object for each in judged(links, CLEARVIEW)] == [None]
    assert "Clearview AI Q902" not in done.output
    assert "2 candidates left" in done.output


def test_undo_puts_the_files_back_byte_by_byte(candidates: Path, links: Path) -> None:
    before = everything(links)
    done = review(candidates, links, "arzzzq")
    assert "taken back: reject of Waymo Q905" in done.output
    assert "nothing to undo" in done.output
    assert everything(links) == before
    assert "nothing judged; 4 candidates left" in done.output


def test_quitting_keeps_what_is_judged_and_the_next_run_goes_on(candidates: Path, links: Path) -> None:
    review(candidates, links, "aq")
    done = review(candidates, links, "q")
    assert "Waymo Q905" in done.output
    assert "Clearview AI Q901" not in done.output
    assert "2 candidates left" in done.output


def test_the_end_of_the_input_is_quitting(candidates: Path, links: Path) -> None:
    done = review(candidates, links, "a")
    assert done.exit_code == 0
    assert judged(links, CLEARVIEW)[0].holds


def test_unsure_is_no_judgement_and_can_be_brought_back(candidates: Path, links: Path) -> None:
    before = everything(links)
    done = review(candidates, links, "uuuu")
    assert "4 unsure; 0 candidates left" in done.output
    assert everything(links) == before
    again = review(candidates, links, "ar", "--unsure")
    assert "1 exact, 1 reject" in again.output
    assert judged(links, CLEARVIEW)[0].object == WD.Q901


def test_any_other_key_writes_nothing(candidates: Path, links: Path) -> None:
    before = everything(links)
    done = review(candidates, links, ["x", "", "yes"])  # type: ignore[arg-type]  # a line each, as letters would be
    assert "'x' is none of a, c, r, n, u, z, q; nothing was written" in done.output
    assert everything(links) == before


def test_the_context_is_shown_and_brackets_in_it_are_text(candidates: Path, links: Path) -> None:
    shown = review(candidates, links, "q").output
    assert "organisation, company, USA" in shown
    assert "already: no item found, 2026-11-24" in shown
    assert "[a test]" in shown
    assert "https://www.wikidata.org/wiki/Q901" in shown
    assert "  in: " in shown


def test_a_file_without_candidates_says_how_to_get_some(tmp_path: Path, links: Path) -> None:
    empty = tmp_path / "none.sssom.tsv"
    write_suggestions([], empty, date.today())
    with pytest.raises(HarmgraphError, match="holds no candidates; harmgraph link suggest"):
        Review.of(empty, links)


def test_a_row_that_the_reader_would_refuse_leaves_the_file_as_it_was(links: Path) -> None:
    path = links / "systems.sssom.tsv"
    before = path.read_bytes()
    row = {"subject_id": "nobody:x", "predicate_id": "skos:exactMatch", "object_id": "wikidata:Q1"}
    with pytest.raises(BuildAborted, match="nobody:x"):
        write_judgement(path, {**row, "mapping_justification": "semapv:MappingReview"}, "")
    assert path.read_bytes() == before


def test_a_folder_without_files_gets_them(candidates: Path, tmp_path: Path) -> None:
    review(candidates, tmp_path / "new", "arc")
    assert len(read_judgements(tmp_path / "new")) == 3
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"organisations.sssom.tsv", "systems.sssom.tsv"}


def test_it_works_in_a_terminal_and_ctrl_c_loses_nothing(candidates: Path, links: Path) -> None:
    """In a process of its own with a pseudo-terminal: what a person has before them."""
    ours, theirs = pty.openpty()
    program = ["from harmgraph.cli import app; app()", "link", "review", str(candidates), "--into", str(links)]
    process = subprocess.Popen(
        [sys.executable, "-c", *program],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm"},
        start_new_session=True,
        preexec_fn=_controlling,
    )
    os.close(theirs)
    try:
        shown = _read_until(ours, b"uit: ")
        os.write(ours, b"a\n")
        shown += _read_until(ours, b"uit: ")
        shown += _read_until(ours, b"candidates left", again=b"\x03")
    finally:
        process.kill()
        process.wait(30)
    os.close(ours)
    assert b"1 exact" in shown
    assert judged(links, CLEARVIEW)[0].object == WD.Q901


def _controlling() -> None:
    """Make the terminal the one that Ctrl-C in it reaches.

    Whether a process hears it comes from its parent: a shell's background job ignores it, other tests may block it.
    """
    import fcntl
    import signal
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _read_until(terminal: int, wanted: bytes, again: bytes = b"") -> bytes:
    """Read until this is shown, typing ``again`` every two seconds: Python's input misses a Ctrl-C that comes while
    it is about to wait for a key, and people press it once more."""
    read = b""
    typed, end = 0.0, time.monotonic() + 40
    while wanted not in read:
        assert time.monotonic() < end, read
        if again and time.monotonic() > typed + 2:
            os.write(terminal, again)
            typed = time.monotonic()
        if select.select([terminal], [], [], 1)[0]:
            read += os.read(terminal, 4096)
    return read
