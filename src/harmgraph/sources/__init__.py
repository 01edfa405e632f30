"""Every source format that harmgraph reads, by the name that the command line and the IRIs of its records use.

The order is the order of reading: curated records first, for their titles tell which incident a page without an
identifier is about; then the sheet, whose titles tell the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from harmgraph.sources.aiaaic_page import AiaaicPage
from harmgraph.sources.aiaaic_sheet import AiaaicSheet
from harmgraph.sources.aiid import Aiid
from harmgraph.sources.avid import Avid
from harmgraph.sources.base import Source
from harmgraph.sources.curated import Curated
from harmgraph.sources.genai_incidents import GenaiIncidents

SOURCES: Final[Mapping[str, Source]] = {
    "curated": Curated(),
    "aiaaic-sheet": AiaaicSheet(),
    "aiaaic-page": AiaaicPage(),
    "aiid": Aiid(),
    "avid": Avid(),
    "genai-incidents": GenaiIncidents(),
}
