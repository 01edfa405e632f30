"""A remote SPARQL 1.1 endpoint as a `Store`: queries go out checked, answers come in as they are made.

How engines differ is in `dialects`; what an answer may still turn out to be is in `remote_answer`. Reads only:
`publishing` is what writes.
"""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import logging
import time
from collections.abc import AsyncIterator
from typing import Final, Self

import httpx

from harmgraph.errors import AnswerBroken, HarmgraphError, LimitExceeded, QueryFailed
from harmgraph.settings import Settings
from harmgraph.store.base import Answer, Query
from harmgraph.store.federation.rewriting import Federation
from harmgraph.store.other_engines.credentials import divided
from harmgraph.store.other_engines.dialects import Dialect, detect, dialect_named
from harmgraph.store.other_engines.phrasing import form
from harmgraph.store.other_engines.publication import RELEASE_QUERY
from harmgraph.store.other_engines.query_check import QueryCheck
from harmgraph.store.other_engines.remote_answer import RemoteAnswer, failure, too_late
from harmgraph.store.other_engines.transcoding import Transcoded
from harmgraph.store.query_text.service_clauses import federates
from harmgraph.store.query_text.text_patterns import refuse_matches

_logger = logging.getLogger(__name__)

_CONNECT: Final = 5.0
"""Seconds in which a connection is made or given up."""
_RUNNING: Final = 3
"""Queries that the engine is given at once, for each of the ``workers``; the embedded store runs as many."""


_NO_INDEX: Final = (
    "hg:matches searches the text index of a release on disk, and this service runs over another engine; use "
    "FILTER(CONTAINS(…)) instead"
)


class RemoteStore:
    """A `Store` over the engine at one address; made by `open`."""

    def __init__(self, settings: Settings, check: QueryCheck) -> None:
        self.address, auth = divided(settings.store, settings.store_user, settings.store_password)
        self.release = ""
        self._settings = settings
        self._check = check
        self._dialect: Dialect | None = None
        self._federation = Federation(settings)
        self._client = httpx.AsyncClient(
            auth=auth,
            timeout=httpx.Timeout(None, connect=_CONNECT),  # the deadline of the query is the limit of all else
            limits=httpx.Limits(max_connections=None),
            headers={"Accept-Encoding": "identity"},  # so that a chunk that came is a chunk that can be passed on
            trust_env=False,
        )
        self._turns = asyncio.Semaphore(_RUNNING * settings.workers)
        self._places = _RUNNING * settings.workers + settings.queue
        self._busy = 0

    @classmethod
    async def open(cls, settings: Settings) -> Self:
        """The store at the address ``settings.store``; raises `HarmgraphError` where that does not answer."""
        store = cls(settings, await QueryCheck.open(settings))
        try:
            store._dialect = await store._detected()
            store.release = await store._published()
        except BaseException as fault:
            await store.close()
            if isinstance(fault, QueryFailed):
                raise HarmgraphError(str(fault)) from fault
            raise
        _logger.info(
            "release %s is served from %s, in the dialect %s", store.release, store.address, store.dialect.name
        )
        return store

    @property
    def dialect(self) -> Dialect:
        """How the engine is spoken to."""
        assert self._dialect is not None  # `open` has seen to it
        return self._dialect

    async def query(self, query: Query) -> Answer:
        """Begin to answer; see `Store.query`."""
        deadline = time.monotonic() + query.timeout
        refuse_matches(query.text, query.base_iri, _NO_INDEX)
        if federates(query.text):
            query = await self._federation.inlined(query, deadline, self.query)
        if self._busy >= self._places:
            message = f"{self._settings.queue} queries are waiting already; try again later"
            raise LimitExceeded(message, "queue", self._settings.queue)
        turn = _Turn(self)
        try:
            await turn.come(deadline, query.timeout)
            wanted = await self._check.media_type(query)
            chunks = await self._begin(query, deadline, wanted)
        except BaseException:
            turn.end()
            raise
        return Answer(wanted, _Counted(chunks, turn), chunks.truncated, self.validator)

    @property
    def validator(self) -> str:
        """What a release says, an engine says in one order; see `Store`."""
        return f"{self.release} {self.dialect.name}"

    async def drain(self) -> None:
        """Return when no query runs or waits."""
        while self._busy:
            await asyncio.sleep(0.05)

    async def close(self) -> None:
        """End all queries and the processes that check them."""
        await self._client.aclose()
        await self._check.close()
        await self._federation.close()

    async def _begin(self, query: Query, deadline: float, wanted: str) -> RemoteAnswer | Transcoded:
        given = self.dialect.source_of(wanted)
        answer = RemoteAnswer(await self._send(query, deadline, given), query, deadline, self.dialect, given)
        if wanted in self.dialect.native and not (query.max_rows or query.max_bytes):
            await answer.begin()
            return answer
        transcoded = Transcoded(answer, query, given, wanted, self.dialect.boolean_column)
        await transcoded.begin()
        return transcoded

    async def _send(self, query: Query, deadline: float, given: str) -> httpx.Response:
        sent, headers = form(query, self.dialect), {"Accept": given}
        request = self._client.build_request("POST", self.address, data=sent, headers=headers)
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                response = await self._client.send(request, stream=True)
        except TimeoutError:
            raise too_late(query.timeout) from None
        except (httpx.HTTPError, RuntimeError) as cause:  # RuntimeError: the client was closed
            raise AnswerBroken(_unreachable(self.address, cause)) from cause
        try:
            await self._require_whole(response, query, given)
        except BaseException:
            await response.aclose()
            raise
        return response

    async def _require_whole(self, response: httpx.Response, query: Query, given: str) -> None:
        """Raise what the status and the headers say against the answer."""
        if response.status_code != httpx.codes.OK:
            raise await failure(response, query, self.address)
        partial = self.dialect.partial_header
        if partial is not None and partial in response.headers:
            message = f"the remote store gave a part of the answer only: {response.headers[partial][:200]}"
            raise LimitExceeded(message, "time", query.timeout)
        media_type = response.headers.get("Content-Type", "nothing").partition(";")[0].strip().lower()
        if media_type != given:
            raise AnswerBroken(f"the remote store {self.address} was asked for {given} and sent {media_type}")

    async def _detected(self) -> Dialect:
        if self._settings.store_dialect != "auto":
            return dialect_named(self._settings.store_dialect)
        try:
            response = await self._client.get(self.address, params={"query": "ASK {}"}, timeout=_CONNECT)
        except (httpx.HTTPError, httpx.InvalidURL) as cause:
            raise HarmgraphError(_unreachable(self.address, cause)) from cause
        return detect(response.headers.get("Server", ""))

    async def _published(self) -> str:
        """The release that was published to this store; else a name for whatever it holds as of now."""
        query = Query(RELEASE_QUERY, self._settings.query_timeout, "text/csv")
        page = (await (await self.query(query)).read()).decode()
        found = [row[0] for row in csv.reader(io.StringIO(page, newline="")) if row][1:]
        if len(found) == 1:
            return found[0]
        _logger.warning(
            "%s does not say which release it holds; pages are cached until this service ends", self.address
        )
        return hashlib.blake2b(f"{self.address} {time.time_ns()}".encode(), digest_size=8).hexdigest()


class _Turn:
    """One query among those that run or wait."""

    def __init__(self, store: RemoteStore) -> None:
        self._store = store
        self._holds = False
        self._ended = False
        store._busy += 1

    async def come(self, deadline: float, timeout: float) -> None:
        """Return when the query may run."""
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                await self._store._turns.acquire()
        except TimeoutError:
            raise LimitExceeded(f"no place was free for {timeout:g} s; try again later", "time", timeout) from None
        self._holds = True

    def end(self) -> None:
        """The query has ended; saying so twice does no harm."""
        if self._ended:
            return
        self._ended = True
        self._store._busy -= 1
        if self._holds:
            self._store._turns.release()


class _Counted:
    """An answer that gives its turn back when it ends, however it ends."""

    def __init__(self, chunks: RemoteAnswer | Transcoded, turn: _Turn) -> None:
        self._chunks = chunks
        self._turn = turn

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            return await anext(self._chunks)
        except BaseException:
            self._turn.end()
            raise

    async def aclose(self) -> None:
        """End the query if it still runs."""
        self._turn.end()
        await self._chunks.aclose()


def _unreachable(address: str, cause: BaseException) -> str:
    return (
        f"the store at {address} cannot be reached: {cause or type(cause).__name__}; see whether the engine runs, and "
        "whether HARMGRAPH_STORE is the address of its queries"
    )
