"""A page of documentation → its examples, run: a test of ours says whether each prints what the page shows.

A fenced block in `sh`, `python` or `r` is an example; the block of text or CSV right below is what it prints, where `…`
stands for anything. Without such a block it has to succeed, no more. What blocks of a page make is there for those
below: files, and names in Python. A block marked ``sh by-hand`` is for people: it starts a server or needs the network.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

ADDRESS: Final = "http://127.0.0.1:8000"
"""Where the service is in the documentation; examples are run against another."""
_BLOCK: Final = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LANGUAGES: Final = ("sh", "python", "r")
_OUTPUTS: Final = ("text", "csv", "json", "bibtex")
_PROJECT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Example:
    """One block to run, and the block of what it prints with its place; None where it may print anything."""

    line: int
    language: str
    code: str
    expected: str | None
    place: tuple[int, int] | None


def examples(markdown: str) -> Iterator[Example]:
    """The examples of a page, from top to bottom."""
    blocks = list(_BLOCK.finditer(markdown))
    for block, below in zip(blocks, [*blocks[1:], None], strict=True):
        if block[1] in LANGUAGES:
            printed = None
            if below is not None and below[1] in _OUTPUTS and not markdown[block.end() : below.start()].strip():
                printed = below
            line = markdown.count("\n", 0, block.start()) + 1
            yield Example(
                line,
                block[1],
                block[2],
                printed and printed[2],
                (printed.start(2), printed.end(2)) if printed else None,
            )


def matches(expected: str, printed: str) -> bool:
    """Whether this is what was to be printed; white space at the ends of lines does not count.

    >>> matches("a … c\\n", "a b\\nb c \\n"), matches("a\\n", "b\\n")
    (True, False)
    """
    pattern = ".*?".join(re.escape(part) for part in _trimmed(expected).split("…"))
    return re.fullmatch(pattern, _trimmed(printed), re.DOTALL) is not None


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())


@dataclass
class Runner:
    """Runs the examples of one page in a folder, against a service and the releases that it serves."""

    folder: Path
    address: str
    releases: Path
    names: dict[str, Any] = field(default_factory=lambda: {"__name__": "example"})

    def __post_init__(self) -> None:
        """Have the folder look like a checkout: the commands of the documentation begin with `.venv/bin/`."""
        if not (self.folder / ".venv").exists():
            (self.folder / ".venv").symlink_to(sys.prefix)

    def run(self, example: Example) -> str:
        """What the example prints; raises `AssertionError` with its output where it fails."""
        code = example.code.replace(ADDRESS, self.address)
        match example.language:
            case "sh":
                printed = self._process(["bash", "-euo", "pipefail", "-c", code])
            case "r":
                printed = self._process(["Rscript", "--vanilla", "-e", code])
            case _:
                printed = self._python(code)
        return printed.replace(self.address, ADDRESS)

    def _process(self, command: list[str]) -> str:
        environment = {
            **os.environ,
            "PYTHONPATH": str(_PROJECT / "src"),
            "HARMGRAPH_RELEASES": str(self.releases),
            "COLUMNS": "80",
        }
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def _python(self, code: str) -> str:
        printed = io.StringIO()
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(printed):
            exec(compile(code, "example", "exec"), self.names)
        return printed.getvalue()


def updated(markdown: str, runner: Runner) -> str:
    """The page with what its examples print now. An ellipsis in what was shown is lost: look before you commit."""
    found = [(example, runner.run(example)) for example in examples(markdown)]
    for example, printed in reversed(found):
        if example.place is not None and example.expected is not None and not matches(example.expected, printed):
            start, end = example.place
            markdown = markdown[:start] + _trimmed(printed) + "\n" + markdown[end:]
    return markdown


def main() -> None:
    """``python -m tools.documentation.examples PAGE… --address URL``: bring what pages show up to date."""
    parser = argparse.ArgumentParser(prog="python -m tools.documentation.examples", description=main.__doc__)
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--address", default=ADDRESS, help="where a service over the current release runs")
    parser.add_argument("--releases", type=Path, default=_PROJECT / "releases")
    parser.add_argument("--folder", type=Path, required=True, help="an empty folder for what examples write")
    given = parser.parse_args()
    for page in given.pages:
        runner = Runner(given.folder.resolve(), given.address, given.releases.resolve())
        page.write_text(updated(page.read_text(encoding="utf-8"), runner), encoding="utf-8")


if __name__ == "__main__":
    main()
