"""Ten minutes of mixed traffic with runaways and clients that hang up; says whether anything was wrong or late.

    python -m benchmarks.soak [--seconds 600] [--clients 32] [--releases FOLDER] [--disk | --memory]

Starts `harmgraph serve` as a process of its own, records the right answers while it idles, sends each runaway alone,
then the traffic without runaways, then the traffic with 1 runaway and 1 client that leaves in 50. Prints a report,
writes it as JSON, and exits with 1 where a bar is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop
from benchmarks.connection import Connection, Reply, Unanswered
from benchmarks.traffic import CSV, EVERYTHING, RUNAWAYS, Mix, record, sparql
from benchmarks.watching import Process, Service, eventually, processor_time, service

from harmgraph.settings import Settings
from harmgraph.store.local.holding import fits_in_memory

RARE = 1 / 50
"""The part of the requests that are runaways, and of those at which the client hangs up."""
TIMEOUTS = (1, 2, 3, 5)
LAMENT = re.compile(
    r"Traceback|Error\b|(GET|HEAD|POST) \S+ failed$|the keeper of release|exception was never retrieved"
)
"""What the service logs only when something of its own is wrong. A worker that may have no more memory says so too."""
MIB = 1 << 20

Report = dict[str, Any]


@dataclass
class Tally:
    """What one phase of the soak has shown."""

    outcomes: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    slips: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    lags: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    hang_ups: int = 0
    processors: dict[str, float] = field(default_factory=dict)

    def right_or_wrong(self, kind: str, target: str, reply: Reply, expected: str) -> None:
        """Note an ordinary answer."""
        if not reply.whole:
            outcome = "broken"
        elif reply.digest == expected:
            outcome = "right"
            self.seconds[kind].append(reply.seconds)
        else:
            outcome = problem(reply) if reply.status >= 400 else "WRONG"
        self.outcomes[kind][outcome] += 1
        if outcome != "right" and len(self.faults) < 50:
            self.faults.append(f"{kind} {target}: {outcome} {reply.digest} instead of {expected}")

    def ended(self, kind: str, reply: Reply, timeout: float) -> None:
        """Note how a runaway ended, and how long past its deadline if it was ended by that."""
        outcome = "cut off" if not reply.whole else problem(reply) if reply.status >= 400 else "came to its end"
        self.outcomes[f"runaway: {kind}"][outcome] += 1
        self.slips[kind].append(reply.seconds - timeout)

    def report(self) -> Report:
        """Figures, in milliseconds."""
        slips = [slip for each in self.slips.values() for slip in each]
        return {
            "outcomes": {kind: dict(counts) for kind, counts in sorted(self.outcomes.items())},
            "latency_ms": {kind: _spread(each) for kind, each in sorted(self.seconds.items())},
            "past_deadline_ms": {
                **_spread(slips),
                "by_kind": {k: round(max(v) * 1e3, 1) for k, v in self.slips.items()},
            },
            "hang_ups": self.hang_ups,
            "client_lag_ms": _spread(self.lags),
            "processor_seconds_a_second": self.processors,
            "faults": self.faults,
        }


def problem(reply: Reply) -> str:
    """The status and the fragment of the problem's type, like ``503 busy``; of a page, which names none, its title."""
    if reply.content_type.startswith("text/html"):
        return f"{reply.status} time-limit" if b"ran into its time limit" in reply.head else f"{reply.status} page"
    try:
        kind = str(json.loads(reply.head)["type"]).rpartition("#")[2]
    except (ValueError, KeyError, TypeError):
        kind = "without a reason"
    return f"{reply.status} {kind}"


def _spread(seconds: list[float]) -> Report:
    if len(seconds) < 2:
        return {"count": len(seconds), "max": round(max(seconds, default=0.0) * 1e3, 1)}
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    figures = {"p50": cuts[49], "p99": cuts[98], "max": max(seconds)}
    return {"count": len(seconds), **{name: round(value * 1e3, 1) for name, value in figures.items()}}


async def traffic(running: Service, mix: Mix, options: argparse.Namespace, seconds: float, rare: float) -> Tally:
    """The traffic of all clients for this long; ``rare`` is the part of the requests that are runaways."""
    tally, before, begun = Tally(), processor_time(running), time.perf_counter()
    end = begun + seconds
    lag = asyncio.ensure_future(_measure_lag(tally))
    await asyncio.gather(*(_client(running, mix, options, end, rare, tally, n) for n in range(options.clients)))
    lag.cancel()
    taken = time.perf_counter() - begun
    tally.processors = {k: round((v - before[k]) / taken, 2) for k, v in processor_time(running).items()}
    return tally


async def _client(
    running: Service, mix: Mix, options: argparse.Namespace, end: float, rare: float, tally: Tally, number: int
) -> None:
    chance = random.Random(options.seed * 1000 + number)
    connection = Connection(running.host, running.port)
    await asyncio.sleep(chance.random() * options.think)
    while time.perf_counter() < end:
        if chance.random() < rare:
            await _hang_up(connection, mix, chance)
            tally.hang_ups += 1
        elif chance.random() < rare:
            await _run_away(connection, chance.choice(list(RUNAWAYS)), chance.choice(options.timeouts), tally)
        else:
            question, target, expected = mix.draw()
            try:
                tally.right_or_wrong(question.kind, target, await connection.ask(target, question.accept), expected)
            except (Unanswered, OSError) as error:
                tally.outcomes[question.kind]["unanswered"] += 1
                tally.faults.append(f"{question.kind} {target}: {error!r}")
        if options.think:
            await asyncio.sleep(chance.expovariate(1 / options.think))
    connection.close()


async def _run_away(connection: Connection, kind: str, timeout: float, tally: Tally) -> None:
    begun = time.perf_counter()
    try:
        reply = await connection.ask(sparql(RUNAWAYS[kind], timeout=timeout), f"{CSV}, text/turtle;q=0.5")
    except (Unanswered, OSError):
        reply = Reply(begun, time.perf_counter())
    tally.ended(kind, reply, timeout)


async def _hang_up(connection: Connection, mix: Mix, chance: random.Random) -> None:
    """Leave before an answer, in the middle of one, or behind a runaway."""
    match chance.randrange(3):
        case 0:
            question, target, _ = mix.draw()
            await connection.hang_up(target, question.accept, chance.choice((0.0, 0.002, 0.02)))
        case 1:
            await connection.hang_up(sparql(EVERYTHING), CSV, None)
        case _:
            await connection.hang_up(sparql(chance.choice(list(RUNAWAYS.values()))), CSV, chance.random())


async def _measure_lag(tally: Tally) -> None:
    """How late this process itself is: by so much its figures may be too high."""
    while True:
        begun = time.perf_counter()
        await asyncio.sleep(0.02)
        tally.lags.append(time.perf_counter() - begun - 0.02)


async def alone(running: Service, timeout: float) -> Report:
    """Each runaway on an idle service: milliseconds past its deadline, then until its worker was replaced."""
    found = {}
    for kind in RUNAWAYS:
        tally = Tally()
        await _run_away(Connection(running.host, running.port), kind, timeout, tally)
        begun = time.perf_counter()
        replaced = eventually(lambda: at_rest(running), 5.0)
        found[kind] = {
            "outcome": next(iter(tally.outcomes[f"runaway: {kind}"])),
            "past_deadline": round(tally.slips[kind][0] * 1e3, 1),
            "replaced": round((time.perf_counter() - begun) * 1e3, 1) if replaced else None,
        }
    return found


def at_rest(running: Service) -> bool:
    """Whether there is one keeper, an idle worker of full priority for every place, and nothing else."""
    family = running.family()
    workers = family["workers"]
    return len(family["keepers"]) == 1 and len(workers) == Settings().workers and not any(map(_is_old, workers))


def _is_old(worker: Process) -> bool:
    return worker.nice > os.getpriority(os.PRIO_PROCESS, 0) or worker.idle_class


async def beside(running: Service, mix: Mix, seconds: float) -> Report:
    """Lookups a second of one client: alone, beside one runaway, alone again."""

    async def rate() -> float:
        connection = Connection(running.host, running.port)
        count, begun = 0, time.perf_counter()
        while (taken := time.perf_counter() - begun) < seconds:
            question, target, _ = mix.draw("lookup", fresh=True)
            await connection.ask(target, question.accept)
            count += 1
        connection.close()
        return count / taken

    before = await rate()
    runaway = asyncio.ensure_future(
        _run_away(Connection(running.host, running.port), "cross product, counted", seconds + 0.5, Tally())
    )
    await asyncio.sleep(0.4)
    during = await rate()
    await runaway
    free = statistics.mean((before, await rate()))
    return {"unloaded": round(free), "beside_one_runaway": round(during), "ratio": round(during / free, 2)}


def memory(running: Service) -> Report:
    """MiB of each part of the family now, and the number of its workers."""
    family = running.family()
    held: Report = {f"{name}_rss": sum(p.resident for p in each) / MIB for name, each in family.items()}
    held["all_pss"] = sum(p.share for each in family.values() for p in each) / MIB
    return {name: round(value, 1) for name, value in held.items()} | {"workers": len(family["workers"])}


async def watch(running: Service, every: float, samples: list[Report]) -> None:
    """Sample the memory again and again."""
    begun = time.perf_counter()
    while True:
        samples.append({"at": round(time.perf_counter() - begun), **await asyncio.to_thread(memory, running)})
        await asyncio.sleep(every)


async def soak(running: Service, options: argparse.Namespace) -> Report:
    """All phases, one after another."""
    report: Report = {
        "when": time.strftime("%Y-%m-%d %H:%M"),
        "command": " ".join(sys.argv[1:]),
        "processors": os.cpu_count(),
        "load": {"start": os.getloadavg()[0]},
    }
    connection = Connection(running.host, running.port)
    mix = await record(connection, options.things, random.Random(options.seed))
    connection.close()
    if not options.brief:
        report["alone"] = await alone(running, 1.0)
        report["beside"] = await beside(running, mix, 4.0)
    baseline = await traffic(running, mix, options, options.baseline, 0.0)
    report["baseline"] = baseline.report()
    await asyncio.to_thread(eventually, lambda: at_rest(running), 5.0)
    samples = [{"at": "before", **memory(running)}]
    watching = asyncio.ensure_future(watch(running, min(30.0, options.seconds / 6), samples))
    tally = await traffic(running, mix, options, options.seconds, options.rare)
    watching.cancel()
    report["soak"] = tally.report()
    report["at_rest_after"] = await asyncio.to_thread(eventually, lambda: at_rest(running), 5.0)
    report["idle_cpu"] = await idle_cpu(running)
    samples.append({"at": "after", **memory(running)})
    report["memory_mib"] = samples
    report["load"]["end"] = os.getloadavg()[0]
    report["alive"] = running.process.poll() is None
    report["log"] = [line for line in running.log.splitlines() if LAMENT.search(line)][:20]
    return report


async def idle_cpu(running: Service) -> float:
    """Processors that the service takes when nobody asks for anything."""

    def total() -> float:
        return sum(p.seconds for each in running.family().values() for p in each)

    begun = total()
    await asyncio.sleep(1.0)
    return round(total() - begun, 2)


def bars(report: Report, options: argparse.Namespace) -> dict[str, bool]:
    """Each bar and whether it is reached."""
    soaked = report["soak"]
    ordinary = {k: v for k, v in soaked["outcomes"].items() if not k.startswith("runaway")}
    total = sum(sum(counts.values()) for counts in ordinary.values())
    announced = ("503 busy", "503 time-limit")
    seen = Counter[str]()
    for counts in (*ordinary.values(), *report["baseline"]["outcomes"].values()):
        seen.update(counts)
    before, after = report["memory_mib"][0], report["memory_mib"][-1]
    middle = report["memory_mib"][len(report["memory_mib"]) // 2]
    reached = {
        "no wrong answer": seen["WRONG"] == 0,
        "no failure but the announced limits": set(seen) <= {"right", "WRONG", *announced},
        "at most 1 in 1,000 ordinary requests refused": sum(seen[each] for each in announced) <= total / 1000,
        "no crash": report["alive"] and not report["log"],
        f"every runaway ended within {options.slip:g} s of its deadline": soaked["past_deadline_ms"]["max"]
        <= options.slip * 1e3,
        "no runaway ended by a failure": not any(
            "unanswered" in counts or any(key.startswith(("500", "503 answer")) for key in counts)
            for kind, counts in soaked["outcomes"].items()
            if kind.startswith("runaway")
        ),
        "workers replaced, none left behind": report["at_rest_after"],
        "no processor busy afterwards": report["idle_cpu"] <= 0.1,
    }
    if options.brief:
        return reached
    cache = Settings().result_cache / MIB
    return reached | {
        "p99 of lookups under 100 ms": soaked["latency_ms"]["lookup"]["p99"] < 100,
        "memory: server grows by no more than its cache": after["server_rss"] - before["server_rss"] < cache + 32,
        "memory: server flat in the second half": after["server_rss"] - middle["server_rss"] < 24,
        "memory: the rest flat": abs(after["keepers_rss"] - before["keepers_rss"]) < 16
        and after["all_pss"] - before["all_pss"] < cache + 64,
        "each runaway alone ended and replaced within 150 ms": all(
            each["replaced"] is not None and max(each["past_deadline"], 0) + each["replaced"] <= 150
            for each in report["alone"].values()
        ),
        "lookups beside one runaway at 0.7 of their rate or more": report["beside"]["ratio"] >= 0.7,
    }


def _compact(report: Report) -> str:
    """JSON with the innermost objects on one line each."""
    return re.sub(r"\{[^{}]*\}", lambda found: " ".join(found[0].split()), json.dumps(report, indent=1))


def parsed(arguments: list[str] | None = None) -> argparse.Namespace:
    """The options."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600.0, help="how long the traffic with runaways lasts")
    parser.add_argument("--baseline", type=float, help="how long the traffic without them lasts")
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--think", type=float, default=0.5, help="seconds a client pauses after an answer, on average")
    parser.add_argument(
        "--rare", type=float, default=RARE, help="the part that are runaways, and the part that hang up"
    )
    parser.add_argument("--timeouts", type=float, nargs="+", default=TIMEOUTS, help="deadlines of runaways, in seconds")
    parser.add_argument("--slip", type=float, default=0.5, help="seconds past its deadline that a runaway may take")
    parser.add_argument("--things", type=int, default=200, help="how many incidents are asked for")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--brief", action="store_true", help="leave out what needs a quiet machine")
    parser.add_argument("--releases", type=Path, default=Settings.from_environment().releases)
    parser.add_argument("--log", type=Path, help="keep the log of the service in this file")
    parser.add_argument("--report", type=Path, help="write the report to this file, as JSON")
    storage = parser.add_mutually_exclusive_group()
    for name in ("memory", "disk"):
        storage.add_argument(f"--{name}", dest="store", action="store_const", const=name, default="auto")
    options = parser.parse_args(arguments)
    if options.baseline is None:
        options.baseline = min(60.0, options.seconds / 5)
    return options


def main() -> int:
    """Soak, print, write; 1 where a bar is missed."""
    options = parsed()
    with tempfile.TemporaryDirectory() as folder:
        log = options.log or Path(folder) / "service.log"
        with service(options.releases.resolve(), log, store=options.store) as running:
            dump = options.releases / "current" / "data.nq"
            if options.store == "auto" and fits_in_memory(
                dump, Settings()
            ):  # rows come in another order from disk, so the traffic waits for the move
                running.awaited("is served from memory")
            eventually(lambda: at_rest(running), 10.0)
            report = uvloop.run(soak(running, options))
    report["bars"] = bars(report, options)
    text = _compact(report)
    print(text)
    if options.report is not None:
        options.report.write_text(text + "\n", encoding="utf-8")
    missed = [bar for bar, reached in report["bars"].items() if not reached]
    print("\n".join(f"MISSED: {bar}" for bar in missed) or "all bars reached")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
