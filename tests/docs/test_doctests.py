"""The examples in docstrings say what the code does."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest
import tools.documentation

import harmgraph

MODULES = [
    module.name
    for package in (harmgraph, tools.documentation)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    if not module.name.endswith("__main__")
]
FOUND = {
    name: found
    for name in MODULES
    if (found := [each for each in doctest.DocTestFinder().find(importlib.import_module(name)) if each.examples])
}


def test_there_are_examples_to_run() -> None:
    assert sum(len(each.examples) for found in FOUND.values() for each in found) >= 100


@pytest.mark.parametrize("module", FOUND)
def test_examples_of_docstrings_are_true(module: str) -> None:
    runner = doctest.DocTestRunner()
    for each in FOUND[module]:
        runner.run(each)
    assert runner.summarize().failed == 0
