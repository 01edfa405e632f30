"""A release that is served → what is needed of it, made before anybody asks: the index of facets, charts, the
documentation of the ontology, and the compressed dumps, whose checksums the catalogue then knows.

Runs beside the server. It waits a moment first, so that the first answers of a service that has just started do not
share their processors with it; whoever comes in between waits for the same index.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from harmgraph.errors import HarmgraphError
from harmgraph.service.context import Service
from harmgraph.service.linked_data import dumps
from harmgraph.service.pages import story
from harmgraph.service.pages.ontology import outline, page
from harmgraph.service.serving import Serving

log = logging.getLogger(__name__)

_LOOK: Final = 2.0
"""Seconds between two looks at what is served, and before the first release is read."""


async def keep_warm(serving: Serving) -> None:
    """Make it for each release once, for as long as this runs; ends only by being cancelled."""
    made: Service | None = None
    while True:
        await asyncio.sleep(_LOOK)
        if serving.current is not made:
            made = serving.current
            await _warm(serving)


async def _warm(serving: Serving) -> None:
    service = serving.enter()
    try:
        root = service.settings.base_path.rstrip("/")
        await story.of(service, root)
        if ontology := await outline.graph(service):
            await page.shown(service, ontology, root)
        log.info("release %s can be searched", service.store.release)
        await dumps.pack(service)
    except (HarmgraphError, OSError) as fault:  # whoever asks first tries again
        log.warning("release %s cannot be made ready for search yet: %s", service.store.release, fault)
    finally:
        serving.leave(service)
