"""What pages need of a release is made when it is served, once, and for the next release again."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from harmgraph.service.app import create_app
from harmgraph.service.linked_data import dumps
from harmgraph.service.running import warming
from harmgraph.service.serving import Serving
from harmgraph.settings import Settings
from harmgraph.store.opening import open_store

from .conftest import Served


def test_each_release_is_made_ready_before_anybody_asks(
    served: Served, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warming, "_LOOK", 0.01)
    caplog.set_level("INFO", warming.log.name)

    async def two_releases(settings: Settings) -> None:
        app = create_app(await open_store(settings), settings)
        serving: Serving = app.state.serving
        task = asyncio.ensure_future(warming.keep_warm(serving))
        await told(1)
        serving.switch(await open_store(settings))
        await told(2)
        async with asyncio.timeout(30):
            while len(dumps.kept(serving.current, served.release)) < 2:
                await asyncio.sleep(0.01)
        task.cancel()
        await serving.close()

    async def told(times: int) -> None:
        async with asyncio.timeout(30):
            while len(caplog.messages) < times:
                await asyncio.sleep(0.01)

    asyncio.run(two_releases(replace(served.settings, workers=1)))
    assert [message.endswith("can be searched") for message in caplog.messages] == [True, True]


def test_a_store_that_fails_is_no_end_of_it(
    served: Served, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warming, "_LOOK", 0.01)

    async def closed(settings: Settings) -> bool:
        store = await open_store(settings)
        app = create_app(store, settings)
        await store.close()
        task = asyncio.ensure_future(warming.keep_warm(app.state.serving))
        async with asyncio.timeout(30):
            while not caplog.messages and not task.done():
                await asyncio.sleep(0.01)
        alive = not task.done()
        task.cancel()
        return alive

    assert asyncio.run(closed(replace(served.settings, workers=1)))
    assert "cannot be made ready for search yet" in caplog.text
