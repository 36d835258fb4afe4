"""What the routes of one worker share: the engine, the database, the authenticator, the stream."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec, Protocol, TypeVar

import msgspec
import sqlalchemy as sa
import structlog

from tradeoms.app.client import EngineClient, EngineUnavailable
from tradeoms.app.kill_folder import KillFolder
from tradeoms.app.past import Past, PastBusy, PastFailed, PastNotReady, last_until
from tradeoms.app.pretrade import Pretrade
from tradeoms.app.replica import Headroom
from tradeoms.domain.evaluation import BasketEvaluation, Evaluation
from tradeoms.domain.order.commands import CreateOrder
from tradeoms.domain.order.sizing import Sized
from tradeoms.domain.proposal.commands import MakeProposal
from tradeoms.domain.proposal.terms import Plan
from tradeoms.kernel.enums import Side
from tradeoms.projections.queries_access import access_seq
from tradeoms.rest.auth import Authenticator, Principal
from tradeoms.rest.errors import problem
from tradeoms.rest.hub import Hub
from tradeoms.rest.passwords import Passwords
from tradeoms.rest.rates import Rates

_READERS: Final = 4
_WATCH_S: Final = 0.25

_log: Final = structlog.get_logger("tradeoms.rest")
P = ParamSpec("P")
T = TypeVar("T")


class Checker(Protocol):
    """Checks orders on a copy of the state; saves nothing."""

    def size(
        self, orders: Sequence[CreateOrder], *, together: bool
    ) -> list[tuple[CreateOrder, Sized | None]]:
        """The orders with quantities in place of sizes; raises `SizeRefused`."""
        ...

    def check(self, orders: Sequence[CreateOrder]) -> list[Evaluation]:
        """One evaluation an order, each as if it were the only one."""
        ...

    def check_basket(
        self, orders: Sequence[CreateOrder], *, mode: str
    ) -> tuple[list[Evaluation], BasketEvaluation]:
        """The same, and one of all together; ``mode`` is `net` or `worst`."""
        ...

    def propose(self, plan: Plan, spared: Sequence[tuple[str, str]]) -> MakeProposal:
        """Compute a rebalance; raises `PlanRefused`."""
        ...

    def headroom(
        self, fund: str, securities: Sequence[tuple[str, str]], sides: Sequence[Side]
    ) -> list[Headroom]:
        """How much of each security a fund may still trade."""
        ...

    def ask(self, question: Callable[[Pretrade, date], T]) -> T:
        """What ``question`` finds in the newest state."""
        ...


@dataclass(slots=True)
class Services:
    """Everything a route needs.

    Attributes:
        database: Read only.
        data: Folder of the node.
        kills: Where kill switches are written for the gateways, before the engine is asked.
        past: The database as it was.
        secure: True where the browser speaks https to us or to a proxy before us.
        checker: `None` where this worker cannot check what-ifs.
        requests_per_second: What one key or person may ask of this worker; 0 is no limit.
        sign_in_life: How long a browser stays signed in at most, and without being used.
    """

    engine: EngineClient
    database: sa.Engine
    data: Path
    kills: KillFolder
    past: Past
    secure: bool = False
    checker: Checker | None = None
    requests_per_second: int = 0
    sign_in_life: timedelta = timedelta(hours=12)
    sign_in_idle: timedelta = timedelta(minutes=15)
    passwords: Passwords = field(default_factory=Passwords)
    auth: Authenticator = field(init=False)
    hub: Hub = field(init=False)
    rates: Rates = field(init=False)
    _pool: ThreadPoolExecutor = field(init=False)
    _watch: asyncio.Task[None] | None = None
    _seen: tuple[int, ...] = ()
    _renewals: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Make what hangs on the others."""
        self._pool = ThreadPoolExecutor(_READERS, thread_name_prefix="read")
        self.auth = Authenticator(self.read, self._renew, idle=self.sign_in_idle)
        self.rates = Rates(self.requests_per_second)
        self.hub = Hub(self.read)

    async def read(
        self, query: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``query`` with a connection, in a thread.

        Raises:
            ProblemError: 503 where the database does not answer.
        """
        return await self._read_from(self.database, query, *args, **kwargs)

    async def read_at(
        self,
        at: datetime,
        query: Callable[Concatenate[sa.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run ``query`` on the database as it was at ``at``.

        Raises:
            ProblemError: 503 where that is not ready yet, or cannot be had.
        """
        head = await self.read(last_until, at)
        try:
            database = await self.past.database(head)
        except PastNotReady:
            raise problem(
                "past_not_ready",
                "the past is being folded; ask again",
                headers={"Retry-After": "5"},
            ) from None
        except PastBusy:
            raise problem(
                "busy",
                "too many instants of the past are being folded; ask again",
                headers={"Retry-After": "5"},
            ) from None
        except PastFailed:
            raise problem("past_unavailable", "the past cannot be folded; see the log") from None
        return await self._read_from(database, query, *args, **kwargs)

    async def _read_from(
        self,
        database: sa.Engine,
        query: Callable[Concatenate[sa.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        def run() -> T:
            with database.connect() as link:
                return query(link, *args, **kwargs)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, run)
        except sa.exc.OperationalError as error:
            _log.warning("database_unavailable", error=str(error.orig))
            raise problem(
                "database_unavailable", "the database does not answer", headers={"Retry-After": "1"}
            ) from error

    def _renew(self, principal: Principal) -> None:
        """Put on record that a sign-in is used; the request need not wait for it."""
        task = asyncio.create_task(self._record_use(principal))
        self._renewals.add(task)
        task.add_done_callback(self._renewals.discard)

    async def _record_use(self, principal: Principal) -> None:
        body = msgspec.json.encode({"sign_in_id": principal.sign_in})
        try:
            await self.engine.submit("RenewSignIn", body, user=principal.user.id, channel="ui")
        except EngineUnavailable:
            _log.warning("sign_in_not_renewed", sign_in=principal.sign_in)

    async def in_thread(self, function: Callable[[], T]) -> T:
        """Run something heavy off the loop."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, function)

    async def start(self, *, wait_s: float = 2.0) -> None:
        """Connect to the engine, and begin to follow the journal."""
        self.engine.on_bell(self.hub.ring)
        await self.engine.start(wait_s=wait_s)
        self._watch = asyncio.create_task(self._watch_access())
        self.hub.start()

    async def stop(self) -> None:
        """Let go of everything."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        await self.hub.stop()
        await self.engine.close()
        await self.past.close()
        self._pool.shutdown(wait=True)
        self.database.dispose()

    async def _watch_access(self) -> None:
        """Forget whom we know as soon as a person, key or sign-in changes."""
        rung = asyncio.Event()
        stop = self.engine.on_bell(lambda _seq: rung.set())
        try:
            while True:
                await rung.wait()
                rung.clear()
                await self._look_for_changes()
                await asyncio.sleep(_WATCH_S)
        finally:
            stop()

    async def _look_for_changes(self) -> None:
        try:
            seen = await self.read(access_seq)
        except Exception:  # noqa: BLE001  # whatever it is, the watch must not end
            self.auth.forget()
            return
        if seen != self._seen:
            self._seen = seen
            self.auth.forget()


def services_of(state: Any) -> Services:  # Any: Starlette's application state
    """The services of an application."""
    found: Services = state.services
    return found
