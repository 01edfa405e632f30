"""Every example of these pages is run against what ships, and prints what the page shows."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import httpx
import pytest
from tools.documentation.examples import LANGUAGES, Runner, examples, matches, updated

from .conftest import Shipped

PAGES = (
    "docs/tutorial.md",
    "docs/how-to/query-from-python.md",
    "docs/how-to/query-from-r.md",
    "docs/how-to/ask-wikidata-too.md",
    "docs/how-to/build-from-your-own-sources.md",
)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_every_example_prints_what_the_page_shows(project: Path, shipped: Shipped, tmp_path: Path, page: str) -> None:
    runner = Runner(tmp_path, shipped.address, shipped.releases)
    found = list(examples((project / page).read_text(encoding="utf-8")))
    assert found, f"{page} has no example"
    for example in found:
        if example.language == "r" and shutil.which("Rscript") is None:
            pytest.skip("R is not installed: its examples are not run")
        printed = runner.run(example)
        assert example.expected is None or matches(example.expected, printed), f"{page}:{example.line}\n{printed}"


@pytest.mark.slow
def test_the_query_on_top_of_the_readme_has_the_answer_below_it(project: Path, shipped: Shipped) -> None:
    text = (project / "README.md").read_text(encoding="utf-8")
    query = text.split("```sparql\n")[1].split("```")[0]
    table = [line for line in text.split("```\n")[1].splitlines() if line.startswith("|")]
    shown = [[cell.strip() for cell in line.strip("|").split("|")] for line in (table[0], *table[2:])]
    answer = httpx.post(f"{shipped.address}/sparql", data={"query": query}, headers={"Accept": "text/csv"})
    assert list(csv.reader(answer.text.splitlines())) == shown and len(shown) == 6


def test_every_file_that_the_readme_links_to_is_there(project: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", (project / "README.md").read_text(encoding="utf-8"))
    local = [link for link in links if not link.startswith("http")]
    assert len(local) > 10 and [link for link in local if not (project / link).exists()] == []


def test_only_marked_blocks_are_not_run(project: Path) -> None:
    for page in PAGES:
        text = (project / page).read_text(encoding="utf-8")
        marked = [line for line in text.splitlines() if line.startswith("```") and line.endswith(" by-hand")]
        run = len(list(examples(text)))
        assert run + len(marked) == sum(
            line.split(" ")[0] in {f"```{language}" for language in LANGUAGES} for line in text.splitlines()
        )


PAGE = """# Page

```sh
echo one > file
cat file
```

```text
one
```

```python
import httpx
number = 41
```

```python
print(open("file").read().strip(), number + 1, "http://127.0.0.1:8000")
```

```text
{shown}
```

```sh by-hand
exit 1
```
"""


@pytest.mark.parametrize(
    ("shown", "fits"),
    [
        ("one 42 http://127.0.0.1:8000", True),
        ("… 42 …", True),
        ("one 43 http://127.0.0.1:8000", False),
        ("one 42", False),
    ],
)
def test_examples_share_files_and_names_and_are_compared(tmp_path: Path, shown: str, fits: bool) -> None:
    runner = Runner(tmp_path, "http://127.0.0.1:1", tmp_path)
    found = list(examples(PAGE.format(shown=shown)))
    printed = [runner.run(example) for example in found]
    assert [example.line for example in found] == [3, 12, 17]
    assert printed == ["one\n", "", "one 42 http://127.0.0.1:8000\n"]
    assert matches(found[2].expected or "", printed[2]) is fits


def test_what_a_page_shows_is_brought_up_to_date(tmp_path: Path) -> None:
    runner = Runner(tmp_path, "http://127.0.0.1:1", tmp_path)
    mended = updated(PAGE.format(shown="old"), runner)
    assert mended == PAGE.format(shown="one 42 http://127.0.0.1:8000")
    assert updated(PAGE.format(shown="one …"), runner) == PAGE.format(shown="one …")


def test_an_example_that_fails_says_what_it_printed(tmp_path: Path) -> None:
    runner = Runner(tmp_path, "http://127.0.0.1:1", tmp_path)
    (example,) = examples("```sh\necho before\nfalse\necho after\n```\n")
    with pytest.raises(AssertionError, match=r"exit code 1\nbefore\n"):
        runner.run(example)
