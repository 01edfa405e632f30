"""The command line → ``docs/reference/cli.md``: every command with its arguments and options, as their help says it.

``python -m tools.documentation.commands`` writes the page; with ``--check`` it says whether the page is up to date.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import typer.main

from harmgraph.cli import app

_PROJECT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = _PROJECT / "docs" / "reference" / "cli.md"
_INTRODUCTION: Final = """# Command line

Every command of `harmgraph`, as `--help` has it; `make format` writes this page. Settings that commands read from the
environment are in [settings](settings.md): `HARMGRAPH_RELEASES` names the folder of releases for all of them.

Exit codes: 0 fine, 1 the data do not conform, 2 the run failed or the arguments do not fit. Notes and errors go to
standard error, results to standard output.
"""

Command = Any  # click's, which typer brings under a name of its own


def page() -> str:
    """The whole page."""
    root = typer.main.get_command(app)
    return "\n".join([_INTRODUCTION, *(text for name, each in commands(root) for text in _section(name, each))])


def commands(group: Command, prefix: str = "harmgraph") -> Iterator[tuple[str, Command]]:
    """Every command there is, those of groups after their group, by the name that one types."""
    for name in sorted(group.commands):
        command = group.commands[name]
        full = f"{prefix} {name}"
        yield full, command
        if hasattr(command, "commands"):
            yield from commands(command, full)


def _section(name: str, command: Command) -> Iterator[str]:
    yield f"## {name}\n"
    yield f"{_one_line(command.help or '')}\n"
    parameters = [each for each in command.params if not each.hidden] if command.params else []
    usage = [name, *(_usage(each) for each in parameters), *(["COMMAND"] if hasattr(command, "commands") else [])]
    yield f"```text\n{' '.join(usage)}\n```\n"
    if parameters:
        yield "| | | default |\n|---|---|---|"
        yield from (_row(each) for each in parameters)
        yield ""


def _argument(parameter: Command) -> str:
    """The name of an argument, in brackets where it may be left out."""
    name = str(parameter.metavar or parameter.name.upper())
    several = "…" if parameter.nargs == -1 and "…" not in name else ""
    return name + several if parameter.required or name.startswith("[") else f"[{name}]{several}"


def _usage(parameter: Command) -> str:
    if parameter.param_type_name == "argument":
        return _argument(parameter)
    flag = max(parameter.opts, key=len)
    value = "" if parameter.is_flag else f" {parameter.metavar or parameter.name.upper()}"
    return f"{flag}{value}" if parameter.required else f"[{flag}{value}]"


def _row(parameter: Command) -> str:
    is_argument = parameter.param_type_name == "argument"
    names = [_argument(parameter)] if is_argument else [*parameter.opts, *parameter.secondary_opts]
    shown = ", ".join(f"`{name}`" for name in names).replace("|", "\\|")
    default = parameter.default
    if isinstance(default, Path) and default.is_absolute():
        default = default.relative_to(_PROJECT)
    written = "" if default in (None, False, (), []) or callable(default) else f"`{default}`"
    return f"| {shown} | {_one_line(parameter.help or '')} | {written} |"


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().replace("|", "\\|")


def main() -> int:
    """Write the page, or compare it."""
    parser = argparse.ArgumentParser(prog="python -m tools.documentation.commands", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the page would change")
    if not parser.parse_args().check:
        PAGE.write_text(page(), encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != page():
        print(f"{PAGE.name} is out of date: run `make format`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
