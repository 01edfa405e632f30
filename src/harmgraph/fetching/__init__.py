"""The public databases on the network → snapshots on disk, which the adapters in `harmgraph.sources` read.

`fetch` is the only way in. It runs when somebody asks for it and never as part of a build. A file or folder changes
only when its successor has come whole and has been looked at; until then the one of before stays.
"""

from __future__ import annotations

from harmgraph.fetching.origins import ORIGINS, Origin
from harmgraph.fetching.snapshots import Fetched, fetch
from harmgraph.fetching.web import Patience, Progress

__all__ = ["ORIGINS", "Fetched", "Origin", "Patience", "Progress", "fetch"]
