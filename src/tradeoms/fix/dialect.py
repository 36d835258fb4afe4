"""What one counterparty expects: its tags, codes and habits (`config/fix/dialects/*.yaml`).

Every key here changes something the gateway does, and a test shows it on the wire; a key that
nothing reads is refused. The words behind the keys are their documentation: errors, the JSON schema
and the rules-of-engagement pages are made from them.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from tradeoms.fix.cl_ord_ids import Charset, fits_charset
from tradeoms.fix.config_file import Filled, Settings, Tag, Tags, Text, WrongTogether, read
from tradeoms.kernel.enums import OrderType, Side, TimeInForce

Scheme = Literal["isin", "sedol", "cusip", "ric", "bloomberg", "figi"]
#: Scheme of an identifier -> SecurityIDSource (22), FIX 4.4 Vol. 6; `figi` is a later code, S.
ID_SOURCES: Final[dict[Scheme, str]] = {
    "cusip": "1", "sedol": "2", "isin": "4", "ric": "5", "bloomberg": "A", "figi": "S",
}  # fmt: skip
#: Tags that say what is traded, how much, at what price, and for whom it is told apart: a dialect
#: that could set, drop or rename them could change an order behind the checks.
PROTECTED: Final = frozenset(
    {8, 9, 10, 34, 35, 43, 49, 52, 56, 97, 122, 11, 41, 38, 40, 44, 48, 22, 54, 55, 59, 60, 99,
     126, 432, 453, 448, 447, 452, 70, 78, 79, 80, 200, 201, 202, 205, 231, 461, 541}
)  # fmt: skip
OrderWord = Annotated[OrderType, Field(strict=False)]
TimeWord = Annotated[TimeInForce, Field(strict=False)]
SideWord = Annotated[Side, Field(strict=False)]
Code = Annotated[str, Field(pattern=r"^[0-9A-Z]$", title="one digit or capital")]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", title="ISO 4217")]
Mic = Annotated[str, Field(pattern=r"^[A-Z0-9]{4}$", title="ISO 10383")]
Seconds = Annotated[int, Field(ge=0, le=86_400)]


class MinorUnit(Settings):
    """A currency quoted in a part of itself: pounds in pence, code `GBp`, scale 100."""

    code: Filled
    """Currency (15) on the wire."""
    scale: Literal[10, 100, 1000]
    """Minor units in one of the currency."""


class SessionHabits(Settings):
    """The session layer."""

    timestamp_precision: Literal["0", "3", "6"] = "6"
    """Digits behind the second in SendingTime (52) and TransactTime (60)."""
    reset_on_logon: bool = False
    """ResetSeqNumFlag (141=Y) in every Logon."""
    accept_reset: bool = False
    """The peer may reset the sequence with 141=Y; else the session halts."""
    next_expected: bool = False
    """NextExpectedMsgSeqNum (789) in the Logon."""
    logon_timeout_s: Annotated[int, Field(ge=1, le=600)] = 30
    """How long the answer to a Logon may take."""
    logout_timeout_s: Annotated[int, Field(ge=1, le=600)] = 5
    """How long the answer to a Logout may take."""


class Ids(Settings):
    """How orders are named. A ClOrdID is never used again, on no session and on no day."""

    cl_ord_id_max: Annotated[int, Field(ge=8, le=64)] = 64
    """Longest ClOrdID (11, 41)."""
    charset: Charset = "printable"
    """What a ClOrdID is made of: `printable`, `alphanumeric` or `numeric`."""
    prefix: Annotated[Text, Field(max_length=16)] = ""
    """In front of every ClOrdID."""
    echo_order_id: bool = True
    """The peer's OrderID (37) on replace, cancel and status request."""

    @model_validator(mode="after")
    def _prefix_fits(self) -> Self:
        if not fits_charset(self.prefix, self.charset):
            raise WrongTogether("prefix", f"{self.charset} characters, as `charset` says")
        return self


class Instrument(Settings):
    """How a security is named and priced."""

    symbol: Literal["symbol", "none", "ticker_mic", Scheme] = "symbol"
    """Symbol (55): our symbol, an identifier, or `none` for `[N/A]`."""
    suffix: bool = False
    """The part of our symbol behind a dot or slash goes into SymbolSfx (65)."""
    identifiers: tuple[Scheme, ...] = ()
    """SecurityID (48) with its source (22): the first of these that the security has."""
    id_sources: dict[Scheme, Filled] = Field(default_factory=dict)
    """SecurityIDSource (22) where the peer's code is not the standard's."""
    exchange_tag: Literal["0", "100", "207"] = "0"
    """Tag of the market: ExDestination (100), SecurityExchange (207), `0` for none."""
    exchanges: dict[Mic, Filled] = Field(default_factory=dict)
    """The peer's code of a market. Where given, a market that is not here does not leave."""
    currency: bool = True
    """Currency (15)."""
    security_type: bool = False
    """SecurityType (167); futures and options always have it."""
    maturity: Literal["month", "month_day", "long_month", "date"] = "month"
    """Of a future or option: MaturityMonthYear (200) as YYYYMM, with MaturityDay (205), or as
    YYYYMMDD; or MaturityDate (541)."""
    put_call: Literal["201", "461"] = "201"
    """Right of an option: PutOrCall (201) or CFICode (461)."""
    multiplier: bool = False
    """ContractMultiplier (231)."""
    minor_units: dict[Currency, MinorUnit] = Field(default_factory=dict)
    """Currencies whose prices are quoted in a minor unit, both ways."""

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.symbol == "none" and not self.identifiers:
            raise WrongTogether("identifiers", "at least one, as `symbol` is none")
        if self.suffix and self.symbol != "symbol":
            raise WrongTogether("suffix", "false, as `symbol` is not our symbol")
        if self.exchanges and self.exchange_tag == "0":
            raise WrongTogether("exchange_tag", "100 or 207, as `exchanges` has codes")
        if set(self.id_sources) - set(self.identifiers):
            raise WrongTogether("id_sources", f"only of {', '.join(self.identifiers) or 'none'}")
        codes = [unit.code for unit in self.minor_units.values()]
        if len(set(codes) | set(self.minor_units)) < 2 * len(codes):
            raise WrongTogether("minor_units", "a code of its own for each, not a currency's")
        return self

    def minor_by_code(self, code: str) -> MinorUnit | None:
        """The minor unit a report's Currency (15) names, or None."""
        return next((unit for unit in self.minor_units.values() if unit.code == code), None)

    def scale(self, currency: str) -> Decimal:
        """Units in which prices of a currency are quoted, in one of the currency."""
        unit = self.minor_units.get(currency)
        return Decimal(1 if unit is None else unit.scale)

    def own_scale(self, currency: str, price_factor: Decimal) -> Decimal:
        """The same for our own prices: a security of price factor 0.01 is priced in pence by us."""
        scale = self.scale(currency)
        return scale if price_factor * scale == 1 else Decimal(1)


class Capacity(Settings):
    """In what capacity the house orders."""

    tag: Literal["47", "528"]
    """Rule80A (47, FIX 4.2) or OrderCapacity (528)."""
    value: Code
    """Its code; A is agency."""


class OrderHabits(Settings):
    """New orders, replaces and cancels."""

    handl_inst: Literal["", "1", "2", "3"] = ""
    """HandlInst (21); FIX.4.2 sends 1 if empty. 3 stages an order for a desk."""
    sides: dict[SideWord, Code] = Field(default_factory=dict)
    """Side (54) where the peer's code is not the standard's: `sell_short: "6"` is exempt."""
    short_sale: Tags = Field(default_factory=dict)
    """More tags of a short sale: `114: "N"`."""
    allowed: dict[OrderWord, tuple[TimeWord, ...]] = Field(default_factory=dict)
    """Order types and their times in force; empty allows all. Others do not leave."""
    expiry_tag: Literal["432", "126"] = "432"
    """ExpireDate (432) or ExpireTime (126) of a gtd order."""
    account: Literal["tag", "parties", "none"] = "tag"
    """The account as Account (1), as a party of role 24 (453), or not at all."""
    allocations: bool = False
    """An order for several funds leaves with their accounts and quantities (70, 78)."""
    capacity: Capacity | None = None
    """The house's capacity."""
    display_tag: Literal["0", "111", "1138", "210"] = "0"
    """The quantity that the market may see: MaxFloor (111), DisplayQty (1138), MaxShow (210); `0`
    for none. An order that has one does not leave then."""
    min_quantity: bool = False
    """The peer takes MinQty (110); else an order that has one does not leave."""
    text_max: Annotated[int, Field(ge=0, le=500)] = 100
    """Longest Text (58); a longer one does not leave."""
    constants: Tags = Field(default_factory=dict)
    """Tags of every new order and replace, whatever we would send in them."""
    forbidden: tuple[Tag, ...] = ()
    """Tags that are never sent."""
    renamed: dict[Tag, Tag] = Field(default_factory=dict)
    """Tags that the peer has elsewhere: `58: 9058`."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        wanted = {*self.constants, *self.short_sale}
        portions = {int(self.display_tag), 110 if self.min_quantity else 0}
        taken = PROTECTED | portions - {0}
        for name, tags in (
            ("constants", set(self.constants)), ("short_sale", set(self.short_sale)),
            ("forbidden", set(self.forbidden)),
            ("renamed", {*self.renamed, *self.renamed.values()}),
        ):  # fmt: skip
            if tags & taken:
                own = ", ".join(str(tag) for tag in sorted(tags & taken))
                raise WrongTogether(name, f"other tags than {own}, which the order itself sets")
        if wanted & set(self.forbidden):
            raise WrongTogether("forbidden", "no tag that `constants` or `short_sale` sets")
        if len(set(self.renamed.values())) < len(self.renamed):
            raise WrongTogether("renamed", "a new tag for each")
        return self


class ReplaceHabits(Settings):
    """OrderCancelReplaceRequest (G)."""

    outstanding: Literal["one", "chained", "none"] = "one"
    """`one`: the next waits for an answer; `chained`: it leaves at once; `none`: G is not taken."""
    resend_all: bool = True
    """Every tag of the order again; else what G needs, and the terms that may change."""
    changeable: tuple[Literal["quantity", "limit_price", "stop_price"], ...] = (
        "quantity", "limit_price", "stop_price",
    )  # fmt: skip
    """Terms the peer lets change; a replace of another does not leave."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.outstanding != "none" and not self.changeable:
            raise WrongTogether("changeable", "at least one, or `outstanding` none")
        return self


class CancelHabits(Settings):
    """OrderMassCancelRequest (q), before the cancels of each order."""

    mass: bool = False
    """The peer takes it; FIX 4.2 has none."""
    wait_s: Annotated[int, Field(ge=1, le=600)] = 5
    """How long it may take; then what is still open is canceled order by order."""


class ListHabits(Settings):
    """NewOrderList (E): orders that are placed together."""

    orders: bool = False
    """The peer takes it; else each order leaves by itself."""
    fragment: Annotated[int, Field(ge=1, le=1_000)] = 100
    """Most orders in one message; the rest follows in further fragments."""


class ReportHabits(Settings):
    """ExecutionReport (8) and OrderCancelReject (9)."""

    exec_style: Literal["4.2", "4.4", "auto"] = "auto"
    """`4.4`: ExecTransType (20) is not read; `4.2`: OrdStatus (39) stands for a missing 150."""
    exec_id_scope: Literal["ever", "day"] = "ever"
    """How long an ExecID (17) is its own; `day`: we put the trade date in front of it."""
    price_unit: Literal["auto", "minor", "major"] = "auto"
    """Prices of currencies in `minor_units`: by Currency (15) or as we sent, or always one."""
    keep: dict[Tag, Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$", title="a word")]] = (
        Field(default_factory=dict)
    )
    """More tags of a fill to keep with the execution, and what to call them."""
    dont_know: bool = True
    """The peer takes DontKnowTrade (Q)."""
    commit: Literal["each", "group"] = "each"
    """A report is on disk before it counts as received; `group`: many together, soon after."""


class Recovery(Settings):
    """What is asked and believed after doubt."""

    status_request: bool = True
    """The peer answers OrderStatusRequest (H)."""
    mass_status: bool = False
    """The peer answers OrderMassStatusRequest (AF)."""
    stale_after_s: Seconds = 5
    """Age after which an order is not sent again on a ResendRequest."""
    answer_timeout_s: Annotated[int, Field(ge=1, le=3_600)] = 10
    """How long an answer may take before we ask."""
    resend_orders: Literal["judge", "all"] = "judge"
    """`all`: a peer that wants every order again on a ResendRequest."""
    marker: Text = ""
    """News (B) with these words ends what the peer repeats after a logon; nothing leaves before."""
    marker_wait_s: Annotated[int, Field(ge=1, le=3_600)] = 60
    """How long it is waited for; then a break tells, and requests leave."""
    gap_wait_s: Annotated[int, Field(ge=1, le=3_600)] = 30
    """How long messages may be missing, while requests wait for them, before a break tells."""
    cancel_on_disconnect: bool = False
    """The peer cancels when the connection ends: after a logon all open orders are asked for."""


class ThrottleHabits(Settings):
    """How fast requests may leave. Cancels leave before all others, status requests behind them."""

    messages_per_second: Annotated[int, Field(ge=0, le=100_000)] = 0
    """Sustained rate; 0 is no limit."""
    burst: Annotated[int, Field(ge=0, le=100_000)] = 0
    """How many may leave at once after a pause; 0 is one second's worth."""
    at_limit: Literal["queue", "reject"] = "queue"
    """`queue`: they wait their turn; `reject`: new orders and replaces come back not sent."""

    @model_validator(mode="after")
    def _rated(self) -> Self:
        if not self.messages_per_second and (self.burst or self.at_limit == "reject"):
            raise WrongTogether("messages_per_second", "more than 0, as a limit is described")
        return self


class Dialect(Settings):
    """How to write to one counterparty, and how to read it."""

    name: Filled
    title: Text = ""
    """What the counterparty is, in a line."""
    role: Literal["orders", "drop_copy"] = "orders"
    """What the session is for. On `drop_copy` executions of other sessions are copied (8, AE):
    they are compared, never booked, and nothing is ordered."""
    session: SessionHabits = SessionHabits()
    ids: Ids = Ids()
    instrument: Instrument = Instrument()
    order: OrderHabits = OrderHabits()
    replace: ReplaceHabits = ReplaceHabits()
    cancel: CancelHabits = CancelHabits()
    lists: ListHabits = ListHabits()
    reports: ReportHabits = ReportHabits()
    recovery: Recovery = Recovery()
    throttle: ThrottleHabits = ThrottleHabits()

    @model_validator(mode="after")
    def _asks_somehow(self) -> Self:
        if self.recovery.cancel_on_disconnect and not (
            self.recovery.status_request or self.recovery.mass_status
        ):
            raise WrongTogether("recovery", "a status request, as orders are asked for at logon")
        if self.lists.orders and self.order.account == "parties":
            raise WrongTogether("lists", "no orders in lists, as the account is a party")
        if self.lists.orders and self.order.allocations:
            raise WrongTogether("lists", "no orders in lists, as they leave with allocations")
        return self

    @property
    def precision(self) -> int:
        """Digits behind the second."""
        return int(self.session.timestamp_precision)

    @property
    def asks(self) -> bool:
        """True where reports are read with the request they answer at hand."""
        return bool(self.order.sides or self.instrument.minor_units)


def load_dialect(file: Path) -> Dialect:
    """Read and check a dialect.

    Raises:
        ConfigInvalid: Naming the file, the key, its value and what is allowed.
    """
    return read(file, Dialect)
