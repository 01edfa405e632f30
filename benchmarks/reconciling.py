"""Measures the Reconciliation Service over a release: batches of 10 by HTTP, with slips of the pen, and what is found.

    python benchmarks/reconciling.py [RELEASES [BATCHES]]

Names are drawn from the release itself (with a fixed seed) and damaged: a letter replaced, left out or doubled, two
neighbours swapped. The bar is 20 ms at the 95th percentile. The first request makes the index and is timed alone. The
processor time is that of the whole server, HTTP with it: on a machine with other work it says more than the clock.
"""

from __future__ import annotations

import json
import os
import random
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

NAMES = "SELECT ?thing ?name WHERE { ?thing a hg:%s . ?thing skos:prefLabel ?name } ORDER BY ?thing"
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def damaged(name: str, chance: random.Random) -> str:
    """The name with one slip in it."""
    place = chance.randrange(len(name))
    match chance.randrange(4):
        case 0:
            return name[:place] + chance.choice(LETTERS) + name[place + 1 :]
        case 1:
            return name[:place] + name[place + 1 :]
        case 2:
            return name[: place + 1] + name[place:]
        case _:
            return name[:place] + name[place : place + 2][::-1] + name[place + 2 :]


@contextmanager
def served(releases: Path) -> Iterator[tuple[str, int]]:
    """The address and the process of a server over the release: in ours, the two would wait for each other."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {"HARMGRAPH_RELEASES": str(releases), "HARMGRAPH_STORE": "disk", "HARMGRAPH_PORT": str(port)}
    command = [sys.executable, "-m", "harmgraph", "serve"]
    server = subprocess.Popen(command, env={**os.environ, **settings}, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        while True:
            assert server.poll() is None, "the server did not start"
            try:
                httpx.get(f"{address}/healthz")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield address, server.pid
    finally:
        server.terminate()
        server.wait(20)


def processor_time(process: int) -> float:
    """Milliseconds of processor time that all threads of a process have had (Linux; elsewhere 0)."""
    had = Path(f"/proc/{process}/task").glob("*/schedstat")
    return sum(int(each.read_text().split()[0]) for each in had) / 1e6


def names_of(client: httpx.Client, kind: str) -> list[tuple[str, str]]:
    """The identifiers and names of all things of a class."""
    rows = client.get("/sparql", params={"query": NAMES % kind, "format": "json"}).json()["results"]["bindings"]
    return [(row["thing"]["value"].partition("/id/")[2], row["name"]["value"]) for row in rows]


def main() -> None:
    """Print a line for each kind of batch."""
    releases = Path(sys.argv[1] if len(sys.argv) > 1 else "releases")
    batches = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    chance = random.Random(17)
    with served(releases) as (address, process), httpx.Client(base_url=address, timeout=120) as client:
        begun = time.perf_counter()
        client.post("/reconcile", data={"queries": json.dumps({"q": {"query": "warm"}})}).raise_for_status()
        print(f"first request, which makes the index: {time.perf_counter() - begun:.1f} s")
        print("| batch of 10 | median ms | p95 ms | processor ms, median | p95 | first is right | in the first 5 |")
        print("|---|---:|---:|---:|---:|---:|---:|")
        for kind in ("Incident", "Organisation"):
            names = names_of(client, kind)
            for slips in (0, 1, 2):
                measure(client, process, kind, names, slips, batches, chance)


def measure(
    client: httpx.Client,
    process: int,
    kind: str,
    names: list[tuple[str, str]],
    slips: int,
    batches: int,
    chance: random.Random,
) -> None:
    """Ask for so many batches of names with so many slips."""
    taken: list[float] = []
    worked: list[float] = []
    first = among = 0
    for _ in range(batches):
        drawn = chance.sample(names, 10)
        written = [name for _, name in drawn]
        for _ in range(slips):
            written = [damaged(name, chance) for name in written]
        batch = {
            f"q{number}": {"query": name, "type": kind, "type_strict": "should", "limit": 5}
            for number, name in enumerate(written)
        }
        begun, before = time.perf_counter(), processor_time(process)
        results = client.post("/reconcile", data={"queries": json.dumps(batch)}).json()
        taken.append(1000 * (time.perf_counter() - begun))
        worked.append(processor_time(process) - before)
        for number, (_, name) in enumerate(drawn):
            found = [each["name"] for each in results[f"q{number}"]["result"]]
            first += found[:1] == [name]
            among += name in found
    at = int(0.95 * len(taken))
    times = [each for one in (taken, worked) for each in (statistics.median(one), sorted(one)[at])]
    asked = 10 * batches
    label = f"{kind}, {slips} slips"
    shown = " | ".join(f"{each:.1f}" for each in times)
    print(f"| {label} | {shown} | {first / asked:.1%} | {among / asked:.1%} |")


if __name__ == "__main__":
    main()
