"""The folder: limits, decisions, and that nothing is half there or lost, whoever is killed or finds no space."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.small_disk import small_disk
from tests.waiting import eventually

from harmgraph.errors import HarmgraphError, InboxUnavailable, TooManySuggestions
from harmgraph.inbox import folder as folders
from harmgraph.inbox.deciding import decide
from harmgraph.inbox.folder import Inbox, folder_of, is_name, new_name
from harmgraph.settings import Settings

from .conftest import CORRECTION, NAME, NOW, kept_triples


def name_of(number: int) -> str:
    """The name of the suggestion with this number."""
    return f"2026-12-01-{number:016x}"


def keep(inbox: Inbox, number: int) -> str:
    """Keep a suggestion of this number."""
    inbox.keep(name_of(number), kept_triples(name=name_of(number)))
    return name_of(number)


def test_what_is_kept_comes_back(inbox: Inbox) -> None:
    inbox.keep(NAME, kept_triples())
    assert inbox.names("new") == [NAME]
    found = inbox.suggestion("new", NAME)
    assert (found.text, found.statement, found.evidence) == (
        CORRECTION.text,
        CORRECTION.statement,
        CORRECTION.evidence,
    )
    assert found.created == "2026-12-01T12:30:00+00:00"


def test_the_folder_is_for_its_owner_alone(inbox: Inbox) -> None:
    keep(inbox, 1)
    assert inbox.folder.stat().st_mode & 0o077 == 0


def test_names_cannot_be_guessed_and_are_known_as_names() -> None:
    names = {new_name(NOW) for _ in range(100)}
    assert len(names) == 100 and all(map(is_name, names))
    assert not any(map(is_name, ("../../etc/passwd", "2026-12-01-x", f"{NAME}/..", f"{NAME}\n")))


def test_the_inbox_is_full_by_count(inbox: Inbox) -> None:
    for number in range(3):
        keep(inbox, number)
    with pytest.raises(InboxUnavailable, match="3 suggestions wait") as full:
        keep(inbox, 3)
    assert full.value.reason == "full"
    decide(inbox, name_of(0), "rejected", "Ann", "spam")
    keep(inbox, 3)


def test_the_inbox_is_full_by_bytes(tmp_path: Path) -> None:
    size = len(folders.turtle(kept_triples()))
    inbox = Inbox(tmp_path, count=100, size=2 * size)
    keep(inbox, 0)
    keep(inbox, 1)
    with pytest.raises(InboxUnavailable):
        keep(inbox, 2)
    assert len(inbox.names("new")) == 2


def test_no_more_than_so_many_are_taken_in_an_hour(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, count=100, size=1 << 20, rate=2)
    keep(inbox, 0)
    keep(inbox, 1)
    with pytest.raises(TooManySuggestions, match="2 suggestions came") as many:
        keep(inbox, 2)
    assert 3590 <= many.value.retry_after <= 3601
    hour_ago = time.time() - 3601
    os.utime(tmp_path / "new" / f"{name_of(0)}.ttl", (hour_ago, hour_ago))
    keep(inbox, 2)


@pytest.mark.parametrize(
    ("inbox", "host", "expected"),
    [
        ("auto", "127.0.0.1", Path("inbox")),
        ("auto", "::1", Path("inbox")),
        ("auto", "localhost", Path("inbox")),
        ("auto", "0.0.0.0", None),
        ("auto", "192.0.2.1", None),
        ("auto", "harmgraph.example", None),
        ("off", "127.0.0.1", None),
        ("/srv/inbox", "0.0.0.0", Path("/srv/inbox")),
    ],
)
def test_the_inbox_is_on_by_itself_for_this_machine_alone(inbox: str, host: str, expected: Path | None) -> None:
    assert folder_of(Settings(inbox=inbox, host=host)) == expected


def test_the_inbox_of_a_service_with_a_public_address_has_to_be_wanted() -> None:
    public = Settings(host="127.0.0.1", public_url="https://graph.example")
    assert folder_of(public) is None
    assert folder_of(replace(public, inbox="kept")) == Path("kept")


def test_a_decision_is_in_the_file_and_undoing_it_adds_another(inbox: Inbox) -> None:
    inbox.keep(NAME, kept_triples())
    path = decide(inbox, NAME[-6:], "accepted", "orcid:0000-0002-1825-0097", "to be mended", beside="x = 1\n")
    assert path.with_suffix(".toml").read_text() == "x = 1\n"
    with pytest.raises(HarmgraphError, match=r"accepted already; harmgraph inbox undo"):
        decide(inbox, NAME, "rejected", "Ann", "")
    decide(inbox, NAME, "new", "Ann", "too early")
    decide(inbox, NAME, "rejected", "Ann", "it was right")
    reviews = inbox.suggestion("rejected", NAME).reviews
    assert [(each.verdict, each.reviewer, each.note) for each in reviews] == [
        ("accepted", "https://orcid.org/0000-0002-1825-0097", "to be mended"),
        ("undone", "Ann", "too early"),
        ("rejected", "Ann", "it was right"),
    ]
    assert [path.name for path in inbox.folder.rglob("*.t*ml")] == []
    assert [path.name for path in inbox.folder.rglob("*.ttl")] == [f"{NAME}.ttl"]


def test_what_is_not_decided_cannot_be_undone(inbox: Inbox) -> None:
    inbox.keep(NAME, kept_triples())
    with pytest.raises(HarmgraphError, match="no decision to undo"):
        decide(inbox, NAME, "new", "Ann", "")


@pytest.mark.parametrize(("wanted", "said"), [("2026", "2 suggestions"), ("zzz", "has none"), ("", "has none")])
def test_a_name_that_is_not_one_is_refused(inbox: Inbox, wanted: str, said: str) -> None:
    keep(inbox, 1)
    keep(inbox, 2)
    with pytest.raises(HarmgraphError, match=said):
        inbox.find(wanted)


def test_a_move_that_was_cut_short_counts_as_done(inbox: Inbox) -> None:
    inbox.keep(NAME, kept_triples())
    new = inbox.folder / "new" / f"{NAME}.ttl"
    before = new.read_bytes()
    decide(inbox, NAME, "accepted", "Ann", "")
    new.write_bytes(before)  # as if the process had been killed before it took the old file away
    assert (inbox.names("new"), inbox.names("accepted")) == ([], [NAME])
    decide(inbox, NAME, "new", "Ann", "")
    assert (inbox.names("new"), inbox.names("accepted")) == ([NAME], [])


def test_a_broken_file_is_told_with_its_place(inbox: Inbox) -> None:
    inbox.keep(NAME, kept_triples())
    (inbox.folder / "new" / f"{NAME}.ttl").write_text("<x:a> <x:b>\n<c .")
    with pytest.raises(HarmgraphError, match=rf"{NAME}\.ttl:2: .*mend the file"):
        inbox.suggestion("new", NAME)
    (inbox.folder / "new" / f"{NAME}.ttl").write_text("<x:a> <x:b> <x:c> .")
    with pytest.raises(HarmgraphError, match=r"no suggestion"):
        inbox.suggestion("new", NAME)


WRITER = """
import sys
from harmgraph.inbox.folder import Inbox
from harmgraph.errors import InboxUnavailable
from tests.inbox.conftest import kept_triples
inbox = Inbox(__import__("pathlib").Path(sys.argv[1]), count=int(sys.argv[4]), size=1 << 30)
print("begun", flush=True)
for number in range(int(sys.argv[2]), int(sys.argv[3])):
    name = f"2026-12-01-{number:016x}"
    try:
        inbox.keep(name, kept_triples(name=name))
    except InboxUnavailable:
        continue
    print(name, flush=True)
"""


def writer(folder: Path, first: int, last: int, count: int, project: Path) -> subprocess.Popen[str]:
    """A process that keeps the suggestions of these numbers and names each that is kept."""
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), str(first), str(last), str(count)],
        cwd=project,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_two_processes_keep_no_more_together_than_there_is_room_for(tmp_path: Path, project: Path) -> None:
    both = [writer(tmp_path, first, first + 100, 120, project) for first in (0, 1000)]
    told = [set(each.communicate(timeout=60)[0].split()) - {"begun"} for each in both]
    assert [each.returncode for each in both] == [0, 0]
    inbox = Inbox(tmp_path)
    assert len(told[0] | told[1]) == 120
    assert set(inbox.names("new")) == told[0] | told[1]
    assert all(inbox.suggestion("new", name).text == CORRECTION.text for name in inbox.names("new"))


@pytest.mark.parametrize("delay", [0.0, 0.013, 0.05, 0.11])
def test_a_process_that_is_killed_leaves_whole_files_and_no_lock(tmp_path: Path, project: Path, delay: float) -> None:
    process = writer(tmp_path, 0, 100_000, 1_000_000, project)
    assert eventually(lambda: len(list((tmp_path / "new").glob("*.ttl"))) > 5, 30)
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    told = set(process.communicate(timeout=20)[0].split("\n")[1:-1])
    inbox = Inbox(tmp_path, count=1_000_000, size=1 << 30)
    there = inbox.names("new")
    assert told <= set(there), "what was told to be kept is lost"
    assert all(inbox.suggestion("new", name).text == CORRECTION.text for name in there)
    keep(inbox, 999_999)
    assert list(tmp_path.rglob(".half-*")) == []


def test_a_half_file_of_a_dead_process_is_no_suggestion_and_is_taken_away(inbox: Inbox) -> None:
    keep(inbox, 1)
    half = inbox.folder / "new" / f".half-{name_of(2)}.ttl"
    half.write_text("<a> ")
    assert inbox.names("new") == [name_of(1)]
    keep(inbox, 3)
    assert not half.exists()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of 64 KiB; needs the right to mount."""
    with small_disk(tmp_path / "small", "64k") as folder:
        yield folder


def test_a_full_disk_loses_nothing_and_takes_up_again_when_there_is_space(small: Path) -> None:
    inbox = Inbox(small / "inbox", count=1000, size=1 << 30)
    kept = []
    with pytest.raises(InboxUnavailable, match="no space") as full:
        for number in range(100):
            kept.append(keep(inbox, number))
    assert full.value.reason == "disk"
    assert 3 < len(kept) < 40 and inbox.names("new") == kept
    assert list(small.rglob(".half-*")) == []
    with pytest.raises(OSError) as stopped:
        decide(inbox, kept[0], "accepted", "Ann", "", beside="x" * 50_000)
    assert stopped.value.errno == errno.ENOSPC
    assert inbox.names("new") == kept, "a decision that found no space left everything as it was"
    (small / "inbox" / "new" / f"{kept[0]}.ttl").unlink()
    keep(inbox, 500)


def test_a_folder_that_cannot_be_written_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    inbox = Inbox(tmp_path / "file", count=3, size=10_000)
    with pytest.raises(InboxUnavailable, match="the log of the service says why") as broken:
        keep(inbox, 1)
    assert broken.value.reason == "broken"


def test_a_file_that_cannot_be_brought_to_the_disk_is_not_kept(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    keep(inbox, 1)
    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(InboxUnavailable):
        keep(inbox, 2)
    assert sorted(path.name for path in (inbox.folder / "new").iterdir()) == [f"{name_of(1)}.ttl"]


def test_a_text_of_any_characters_survives_the_file(inbox: Inbox) -> None:
    text = 'quote " backslash \\ tab\t nul\x00 escape\x1b[2J bidi\u202e newline\n emoji😀 """'
    inbox.keep(name_of(7), kept_triples(replace(CORRECTION, text=text), name_of(7)))
    assert inbox.suggestion("new", name_of(7)).text == text
