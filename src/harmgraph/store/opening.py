"""The setting ``HARMGRAPH_STORE`` → the store that the service runs over: a release here, or an engine at a URL."""

from __future__ import annotations

from harmgraph.settings import Settings
from harmgraph.store.base import Store
from harmgraph.store.local.embedded import EmbeddedStore
from harmgraph.store.other_engines.remote import RemoteStore
from harmgraph.store.releases.release import Releases


def is_remote(settings: Settings) -> bool:
    """Whether queries run in an engine elsewhere, so that no release is needed here."""
    return settings.store.lower().startswith(("http://", "https://"))


def require_store(settings: Settings) -> None:
    """Raise with the remedy where there is nothing to open: better before than in a process that was started for it."""
    if not is_remote(settings):
        Releases(settings.releases).current()


async def open_store(settings: Settings) -> Store:
    """The store that the settings name, ready to answer; raises `HarmgraphError` with the remedy where it is not."""
    if is_remote(settings):
        return await RemoteStore.open(settings)
    return await EmbeddedStore.open(Releases(settings.releases).current().path, settings)
