"""What must hold of the repository as a whole, whatever a change is about."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

MODULES = sorted((Path(__file__).resolve().parents[2] / "src").rglob("*.py"))


def tracked(project: Path) -> list[Path]:
    """The text files that git tracks or would track."""
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=project,
        capture_output=True,
        check=True,
        text=True,
    ).stdout.split("\0")
    return [project / name for name in names if name and (project / name).is_file()]


def test_import_contracts_hold(project: Path) -> None:
    run = subprocess.run([".venv/bin/lint-imports"], cwd=project, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout


def test_no_file_names_a_registry_or_a_path_of_one_machine(project: Path) -> None:
    # Written in pieces, so that this file does not match itself.
    forbidden = re.compile(
        "|".join(("pypi" + r"\.org", "npmjs" + r"\.org", "python" + "hosted", "/wo" + "rk/", "/ro" + "ot/"))
    )
    found = [
        f"{path.relative_to(project)}:{number}: {line.strip()[:80]}"
        for path in tracked(project)
        if path.suffix not in {".png", ".ico", ".woff2"}
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if forbidden.search(line)
    ]
    assert not found


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_a_module_opens_with_a_docstring(module: Path) -> None:
    text = module.read_text(encoding="utf-8")
    assert not text.strip() or text.startswith('"""')


@pytest.mark.parametrize(
    ("package", "home"),
    [
        ("pyshacl", "validation"),
        ("shacl", "validation"),
        ("SPARQLWrapper", "store"),
        ("fastapi", "service"),
        ("jinja2", "service"),
        ("typer", "cli"),
        ("openpyxl", "sources"),
    ],
)
def test_a_heavy_package_is_imported_in_one_place(package: str, home: str) -> None:
    importing = re.compile(rf"^\s*(?:from|import) {package}\b", re.MULTILINE)
    users = [path for path in MODULES if importing.search(path.read_text(encoding="utf-8"))]
    assert all(home in (path.stem, *path.parent.parts) for path in users), users


def test_every_dependency_is_locked(project: Path) -> None:
    metadata = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [
        *metadata["dependencies"],
        *(each for extra in metadata["optional-dependencies"].values() for each in extra),
    ]
    locked = set(
        re.findall(r"^([A-Za-z0-9_.-]+)==", (project / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)
    )
    names = {re.split(r"[\[<>=!~ ]", each)[0].lower() for each in wanted}
    assert names <= {name.lower() for name in locked}


def test_the_licences_are_there(project: Path) -> None:
    assert "MIT" in (project / "LICENSE").read_text(encoding="utf-8")
    assert "CC BY-SA" in (project / "LICENSE-DATA").read_text(encoding="utf-8") or "Attribution-ShareAlike" in (
        project / "LICENSE-DATA"
    ).read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", ["frontend", "frontend/world", "tests/browser", "tests/comunica"])
def test_a_lock_of_npm_has_a_digest_and_no_address_for_each_package(project: Path, folder: str) -> None:
    lock = json.loads((project / folder / "package-lock.json").read_text(encoding="utf-8"))
    packages = [package for name, package in lock["packages"].items() if name]
    assert packages
    assert all(package["integrity"].startswith("sha512-") for package in packages)
    assert not [package for package in packages if "resolved" in package]
