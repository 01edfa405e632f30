"""Which release a remote store holds: one statement in a named graph of its own, written last.

`harmgraph publish` writes it and the remote store reads it. While a release is being loaded, the graph says that
instead, so that a service that starts meanwhile does not take a mixture for a release.
"""

from __future__ import annotations

from typing import Final

from harmgraph.iris import BASE, OWL, RDFS
from harmgraph.store.other_engines.dialects import PUBLICATION

_DATASET: Final = f"<{BASE}#dataset>"

RELEASE_QUERY: Final = f"SELECT ?release {{ GRAPH <{PUBLICATION}> {{ {_DATASET} {OWL.versionInfo} ?release }} }}"
STATE_QUERY: Final = f"SELECT ?said {{ GRAPH <{PUBLICATION}> {{ {_DATASET} ?says ?said }} }}"
_CLEAR: Final = f"DELETE WHERE {{ GRAPH <{PUBLICATION}> {{ ?s ?p ?o }} }}"


def loading(release: str) -> str:
    """The update that says that this release is being loaded."""
    return _say(f'{_DATASET} {RDFS.comment} "release {release} is being loaded" .')


def loaded(release: str) -> str:
    """The update that says that the store holds this release."""
    return _say(f'{_DATASET} {OWL.versionInfo} "{release}" .')


def _say(triple: str) -> str:
    return f"{_CLEAR} ;\nINSERT DATA {{ GRAPH <{PUBLICATION}> {{ {triple} }} }}"
