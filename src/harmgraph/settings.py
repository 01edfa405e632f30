"""The settings of a run: read once at the edge from ``HARMGRAPH_*`` variables, then passed down.

No other module reads the environment. Every default runs offline until a query names another endpoint.
``docs/reference/settings.md`` has a heading for each setting.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from harmgraph.errors import HarmgraphError

_KINDS: dict[type, Callable[[str], object]] = {str: str, int: int, float: float, type(Path()): Path}


def _setting(default: object, help_sentence: str) -> Any:  # dataclasses.field is typed as its default's type
    return field(default=default, metadata={"help": help_sentence})


def _secret(default: str, help_sentence: str) -> Any:  # left out where the settings are shown
    return field(default=default, metadata={"help": help_sentence}, repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a deployment can set; ``HARMGRAPH_QUERY_TIMEOUT=5`` sets ``query_timeout``."""

    releases: Path = _setting(Path("releases"), "The folder that holds the releases and the link `current`.")
    host: str = _setting("127.0.0.1", "The address that `harmgraph serve` listens on.")
    port: int = _setting(8000, "The port that `harmgraph serve` listens on.")
    store: str = _setting("auto", "Where queries run: `auto`, `memory`, `disk`, or the URL of a SPARQL endpoint.")
    store_dialect: str = _setting("auto", "Which engine a remote store is; `auto` finds out.")
    store_user: str = _setting("", "The user as whom a remote store is asked and published to.")
    store_password: str = _secret("", "The password of that user.")
    workers: int = _setting(4, "How many queries run at once, each in a process of its own.")
    queue: int = _setting(64, "How many further queries may wait for a worker before the answer is 503.")
    query_timeout: float = _setting(30.0, "Seconds after which a query is ended.")
    query_memory: int = _setting(1 << 30, "Bytes of memory that one query may use beyond the store itself.")
    max_rows: int = _setting(0, "Rows, or triples, that an answer has at most; 0 is no limit.")
    max_bytes: int = _setting(0, "Bytes that an answer has at most; 0 is no limit.")
    client_queries: int = _setting(
        16, "How many queries of one client may run or wait at once; 0 is no limit. This machine itself has none."
    )
    result_cache: int = _setting(64 << 20, "Bytes of answers that are kept to be sent again; 0 keeps none.")
    memory_store_limit: int = _setting(
        0, "Bytes of N-Quads up to which `auto` keeps the release in memory; 0 is a twelfth of the memory there is."
    )
    federation: str = _setting(
        "https://query.wikidata.org/sparql",
        "The SPARQL endpoints that a SERVICE clause may name, separated by spaces or commas; none means no federation.",
    )
    federation_private: str = _setting(
        "", "The hosts of those endpoints that may have an address that is not public, separated likewise."
    )
    federation_timeout: float = _setting(20.0, "Seconds that one call of another endpoint may take.")
    federation_bytes: int = _setting(16 << 20, "Bytes that all answers of other endpoints to one query may have.")
    federation_rows: int = _setting(100_000, "Solutions that all answers of other endpoints to one query may have.")
    federation_clauses: int = _setting(10, "How many SERVICE clauses one query may have.")
    federation_concurrency: int = _setting(4, "How many calls of one other endpoint may run at once.")
    processes: int = _setting(1, "How many server processes `harmgraph serve` runs on its port.")
    base_path: str = _setting("/", "The path below which a proxy shows the service, like `/graph`.")
    thing_status: int = _setting(
        303, "What the IRI of a thing is answered with: `303` to the document about it, or `200` with the document."
    )
    public_url: str = _setting(
        "", "The address of the start page as clients see it; without it, the host of each request."
    )
    contact: str = _setting(
        "", "Where whoever runs the service is reached, for the catalogue: an email address or a URL; else the project."
    )
    trusted_proxies: str = _setting(
        "127.0.0.1,::1", "Addresses and networks, with commas, whose `X-Forwarded-Prefix` is believed."
    )
    log_format: str = _setting("text", "How `harmgraph serve` logs: `text`, or `json` for a JSON object a line.")
    inbox: str = _setting(
        "auto", "The folder that suggestions are kept in; `off`, or `auto`: `inbox`, where only this machine is served."
    )
    inbox_count: int = _setting(1000, "How many suggestions may wait for review before no more are taken.")
    inbox_bytes: int = _setting(16 << 20, "Bytes of suggestions that may wait for review before no more are taken.")
    inbox_rate: int = _setting(100, "How many suggestions are taken in an hour; 0 is no limit.")
    inbox_client_rate: int = _setting(
        20, "How many suggestions one client may send in an hour; 0 is no limit. This machine itself has none."
    )
    metrics: str = _setting("on", "Whether the service answers `/metrics`: `on` or `off`.")
    shutdown_timeout: float = _setting(30.0, "Seconds that running answers get when the service is told to end.")
    aiaaic_url: str = _setting(
        "https://docs.google.com/spreadsheets/d/1Bn55B4xz21-_Rgdr8BBb2lt0n_4rzLGxFADMlVW0PYI/export?format=csv&gid=888071280",
        "Where `harmgraph fetch aiaaic` finds the sheet, as CSV or XLSX.",
    )
    aiid_url: str = _setting(
        "https://incidentdatabase.ai/research/snapshots/",
        "Where `harmgraph fetch aiid` finds the archive: the page that lists them, or one archive.",
    )
    avid_url: str = _setting(
        "https://github.com/avidml/avid-db/archive/refs/heads/main.tar.gz",
        "Where `harmgraph fetch avid` finds the archive of the repository.",
    )
    wikidata_reconciliation_url: str = _setting(
        "https://wikidata.reconci.link/en/api",
        "The reconciliation service that `harmgraph link suggest --online` asks.",
    )
    wikidata_api_url: str = _setting(
        "https://www.wikidata.org/w/api.php", "Where items are searched and looked up: the API of Wikidata."
    )
    wikidata_contact: str = _setting(
        "", "An address at which Wikidata can reach whoever runs this; it is sent with every request to it."
    )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """The settings of this process; raises `HarmgraphError` for a value that does not fit its setting."""
        variables = os.environ if environment is None else environment
        given: dict[str, object] = {}
        for setting in fields(cls):
            name = f"HARMGRAPH_{setting.name.upper()}"
            if (raw := variables.get(name)) is not None:
                kind: Callable[[str], object] = _KINDS[type(setting.default)]
                try:
                    given[setting.name] = kind(raw)
                except ValueError as cause:
                    raise HarmgraphError(
                        f"{name}={raw!r} does not fit the setting, whose default is {setting.default}"
                    ) from cause
        return cls(**given)  # type: ignore[arg-type]  # each value was converted to its field's type above
