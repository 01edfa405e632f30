"""What the service can do, as version 0.2 of the Reconciliation Service API has it told: the service manifest."""

from __future__ import annotations

from importlib.metadata import version
from typing import Final

from harmgraph.iris import HG
from harmgraph.service.reconciliation.entities import SPACE
from harmgraph.service.reconciliation.queries import BATCH
from harmgraph.service.reconciliation.schema import TYPES

NAME: Final = "harmgraph, the knowledge graph of AI harms"
WIDTH: Final = 430
HEIGHT: Final = 300
"""The size of the frame that previews are made for, in pixels."""

SETTINGS: Final[list[dict[str, object]]] = [
    {
        "name": "limit",
        "label": "At most this many values",
        "type": "number",
        "default": 0,
        "help_text": "How many values to fetch of each thing; 0 fetches all",
    },
    {
        "name": "content",
        "label": "Values as",
        "type": "select",
        "default": "entity",
        "help_text": "How to write a value that is a thing of its own",
        "choices": [
            {"value": "entity", "name": "reconciled cells"},
            {"value": "name", "name": "names"},
            {"value": "id", "name": "identifiers"},
        ],
    },
    {
        "name": "count",
        "label": "Count the values",
        "type": "checkbox",
        "default": False,
        "help_text": "Fetch the number of values in place of the values",
    },
]
"""What a client may set for each property that it fetches."""


def manifest(address: str) -> dict[str, object]:
    """The manifest of the service at this address."""
    endpoint = f"{address}/reconcile"
    return {
        "versions": ["0.1", "0.2"],
        "name": NAME,
        "identifierSpace": SPACE,
        "schemaSpace": HG.iri,
        "defaultTypes": [each.reference for each in TYPES.values()],
        "documentation": f"{address}/",
        "logo": f"{address}/static/logo.svg",
        "serviceVersion": version("harmgraph"),
        "view": {"url": f"{endpoint}/view?id={{{{id}}}}"},
        "preview": {"url": f"{endpoint}/preview?id={{{{id}}}}", "width": WIDTH, "height": HEIGHT},
        "suggest": {kind: _suggest(endpoint, kind) for kind in ("entity", "type", "property")},
        "extend": {
            "propose_properties": {"service_url": endpoint, "service_path": "/properties"},
            "property_settings": SETTINGS,
        },
        "batchSize": BATCH,
    }


def _suggest(endpoint: str, kind: str) -> dict[str, str]:
    return {
        "service_url": endpoint,
        "service_path": f"/suggest/{kind}",
        "flyout_service_url": endpoint,
        "flyout_service_path": f"/flyout/{kind}?id=${{id}}",
    }
