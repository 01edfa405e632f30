"""Makes an AIID snapshot of any size that looks like the real one in what costs time: names, dates, classifications.

    python benchmarks/generator.py INCIDENTS FOLDER [SEED]

The same size and seed give the same bytes. Names of actors follow Zipf's law over the organisations of the register and
a long tail made up; years, list lengths and text lengths follow the snapshot of 2026-02. No text of a source is in it.
"""

from __future__ import annotations

import csv
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

LOOKUPS: Final = Path(__file__).resolve().parents[1] / "data" / "lookups"
COLUMNS: Final = (
    *("_id", "incident_id", "date", "reports"),
    *(f"Alleged {role}" for role in ("deployer of AI system", "developer of AI system")),
    *("Alleged harmed or nearly harmed parties", "description", "title"),
)
# Incidents of each year in the snapshot of 2026-02; what is older than 2014 is 2014.
YEARS: Final = {2014: 47, 2015: 24, 2016: 41, 2017: 50, 2018: 45, 2019: 43, 2020: 90, 2021: 77, 2022: 104}
YEARS_SINCE: Final = {2023: 168, 2024: 283, 2025: 370, 2026: 25}
LENGTHS: Final = ((1, 2, 3, 4), (66, 23, 6, 5))
WORDS: Final = tuple(
    word
    for line in (
        "system model camera vehicle account image voice claim driver student patient worker police court school bank",
        "platform company city review test report error false arrest crash fraud bias leak ban fine alert filter",
    )
    for word in line.split()
)
MIT: Final = (
    ("1. Discrimination and Toxicity", "1.1. Unfair discrimination and misrepresentation"),
    ("1. Discrimination and Toxicity", "1.2. Exposure to toxic content"),
    ("4. Malicious Actors & Misuse", "4.3. Fraud, scams, and targeted manipulation"),
    ("7. AI system safety, failures, and limitations", "7.3. Lack of capability or robustness"),
)


def generate(incidents: int, folder: Path, seed: int = 0) -> None:
    """Write ``incidents.csv``, ``duplicates.csv`` and ``classifications_MIT.csv`` of so many incidents."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(seed)
    actors, weights = _actors(max(500, incidents // 4))
    with (folder / "incidents.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        rows.writerows(_incident(number, chance, actors, weights) for number in range(1, incidents + 1))
    with (folder / "classifications_MIT.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(
            ("Namespace", "Incident ID", "Published", "Risk Domain", "Risk Subdomain", "Entity", "Timing", "Intent")
        )
        for number in range(1, incidents + 1):
            rows.writerow(("MIT", number, "True", *chance.choice(MIT), "AI", "Post-deployment", "Unintentional"))
    (folder / "duplicates.csv").write_text("duplicate_incident_number,true_incident_number\n", encoding="utf-8")
    (folder / "snapshot.toml").write_text(f'version = "made-{incidents}-{seed}"\n', encoding="utf-8")


def _actors(number: int) -> tuple[list[str], list[float]]:
    """So many slugs, the register's first, with cumulated weights by Zipf's law."""
    with (LOOKUPS / "organisations.csv").open(newline="", encoding="utf-8") as file:
        known = [row["slug"] for row in csv.DictReader(file)]
    slugs = [*known, *(f"made-up-company-{rank}" for rank in range(len(known), number))][:number]
    total, cumulated = 0.0, []
    for rank in range(1, len(slugs) + 1):
        total += 1 / rank
        cumulated.append(total)
    return slugs, cumulated


def _incident(number: int, chance: random.Random, actors: list[str], weights: list[float]) -> Iterator[str]:
    years = YEARS | YEARS_SINCE
    year = chance.choices(tuple(years), tuple(years.values()))[0]
    deployers, developers = (
        chance.choices(actors, cum_weights=weights, k=chance.choices(*LENGTHS)[0]) for _ in range(2)
    )
    yield f"ObjectId({number:024x})"
    yield str(number)
    yield f"{year}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
    yield json.dumps([chance.randint(1, 9999) for _ in range(chance.randint(1, 4))])
    yield json.dumps(sorted(set(deployers)))
    yield json.dumps(sorted(set(developers)))
    yield json.dumps([f"{chance.choice(WORDS)}-users"])
    yield _text(chance, 60, [*deployers, *developers])
    yield _text(chance, 9, deployers[:1])


def _text(chance: random.Random, words: int, names: list[str]) -> str:
    """Words in a row with the names of actors among them, as a narrative names them."""
    said = chance.choices(WORDS, k=words) + [name.replace("-", " ").title() for name in names]
    chance.shuffle(said)
    return " ".join(said).capitalize() + "."


if __name__ == "__main__":
    generate(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0)
