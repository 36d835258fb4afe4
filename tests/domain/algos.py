"""A broker of the stories that takes the shipped algorithms."""

from __future__ import annotations

from pathlib import Path

from tests.domain.story import Story
from tradeoms.domain.placement.algo import Algo, AlgoWish
from tradeoms.fix.algo_desk import AlgoDesk, DestinationBook
from tradeoms.fix.atdl.reader import read_algorithms
from tradeoms.fix.dialect import Dialect, OrderHabits
from tradeoms.fix.outbound import Encoder

ATDL = Path(__file__).resolve().parents[2] / "config" / "fix" / "atdl" / "simulators.xml"
VWAP = AlgoWish(strategy="VWAP", parameters=(("MaxParticipation", "0.25"), ("Aggression", "low")))
#: More than a fifth of the volume without high aggression, which the broker does not take.
POV = AlgoWish(strategy="POV", parameters=(("Participation", "0.3"), ("Aggression", "low")))
VWAP_FIELDS = (
    (847, "1"), (957, "2"), (958, "MaxParticipation"), (959, "11"), (960, "0.25"),
    (958, "Aggression"), (959, "12"), (960, "L"),
)  # fmt: skip


def with_algos(story: Story, *, forbidden: tuple[int, ...] = ()) -> Story:
    """The story, whose broker has algorithms now."""
    dialect = Dialect(name="test", order=OrderHabits(forbidden=forbidden))
    book = DestinationBook(encoder=Encoder(dialect, "FIX.4.4"), algorithms=read_algorithms(ATDL))
    story.algos = AlgoDesk({"BROKER": book})
    return story


def settled(wish: AlgoWish, fields: tuple[tuple[int, str], ...] = VWAP_FIELDS) -> Algo:
    """What became of a wish."""
    return Algo(strategy=wish.strategy, version="1", parameters=wish.parameters, fields=fields)
