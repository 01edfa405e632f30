"""``python -m tools.documentation [FOLDER]``: build the site into the service, or into another folder."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from tools.documentation.building import build
from tools.documentation.reading import Broken

PROJECT = Path(__file__).resolve().parents[2]
SERVICE = PROJECT / "src" / "harmgraph" / "service"


def main() -> int:
    """Build; say how many pages there are in how much time, or what is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tools.documentation", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=SERVICE / "manual", help="where the site goes")
    target: Path = parser.parse_args().folder
    begun = time.perf_counter()
    try:
        pages = build(PROJECT / "docs", target, SERVICE / "static")
    except Broken as broken:
        print(broken, file=sys.stderr)
        return 1
    print(f"{pages} pages of documentation in {time.perf_counter() - begun:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
