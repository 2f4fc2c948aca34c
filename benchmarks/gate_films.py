"""Ten sound films of a channel for `gate.py`: short, full of motion, each with its script, sound and thumbnail."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from connectors.media.espeak import EspeakVoice
from core.clock import FrozenClock
from core.ids import LaneId, SlotId
from core.ledger.cost import CostLedger
from core.ledger.store import MemoryLedgerStore
from generation.artifacts import ArtifactStore
from generation.budget import Budget
from generation.media.plan import (
    PALETTES,
    Bar,
    BarRace,
    BigNumber,
    ClosingCard,
    FilmPlan,
    LineChart,
    Point,
    RaceStep,
    Scene,
    Series,
    ThumbnailBrief,
    TitleCard,
    Visual,
)
from generation.policy.metadata import DISCLOSURE
from generation.steps.film import render_film
from generation.steps.narration import narrate
from generation.steps.thumbnail import choose_thumbnail
from generation.values import Action, Channel, Fact, Film, PolicyVerdict, Script, SpokenScript, ThumbnailChoice

MOMENT = datetime(2026, 6, 7, 12, tzinfo=UTC)
CHANNEL = Channel(
    channel_id="UCgate", handle="gate", title="Chart Room", niche="gaming", category_id=20, timezone="UTC", language="en-US"
)
_NAMES = (
    "Cursed Castle",
    "Tallest Tower",
    "Quiet Farm",
    "Lost Caves",
    "Moon Race",
    "Goblin Kitchen",
    "Hidden Level",
    "Last Boss",
    "Small Village",
    "Ocean World",
)
_OPENINGS = (
    "Up {gain} million views since Monday: {name} leads the week.",
    "{gain} million people came to {name} in five days.",
    "{name} took {gain} million views, more than all of its rivals.",
    "Nobody saw {name} coming. It gained {gain} million views.",
    "{gain} million views in five days. That is {name}.",
)
_RACES = (
    "Watch the order change from day to day, until the leader pulls away.",
    "On Monday it was close. See how the bars pass each other by Friday.",
    "Day after day the places turn over, and one bar keeps on growing.",
)
_CURVES = (
    "The curve bends up on day three, and keeps on rising to the end.",
    "It was flat at first. Then the line climbs, and does not come back.",
    "Two lines start level. One of them leaves the other far below.",
)
_AGAIN = (
    "Again from the other side: six more days, and a new order.",
    "The same names once more. See who holds on, and who falls back.",
    "And this is how the last days went, place by place.",
)
_ENDS = (
    "See you tomorrow for the next race.",
    "Come back tomorrow: the bars will move again.",
    "That was the week. See you soon.",
)


class Scored(NamedTuple):
    """What the stand-in for the models says of everything."""

    video_id: str = ""
    likelihood: float = 51.0
    ctr: float = 0.04
    is_thumbnail_used: bool = True
    model_version: str = "none"


class Scorer:
    """Models are not what is measured here."""

    def quality(self, items: Any, /) -> list[Any]:
        return [Scored() for _ in items]

    def ctr(self, items: Any, /) -> list[Any]:
        return [Scored() for _ in items]

    def trend(self, items: Any, /) -> list[Any]:
        return [Scored() for _ in items]


class Made(NamedTuple):
    """A film with all that its verdict is made from."""

    verdict: PolicyVerdict
    spoken: SpokenScript
    film: Film
    thumbnail: ThumbnailChoice


def script_of(number: int) -> Script:
    """The script of the film of this number; equal numbers give equal scripts."""
    chance = random.Random(number)
    names = chance.sample(_NAMES, 8)
    gain = chance.randint(2, 9)
    palette = PALETTES[sorted(PALETTES)[number % len(PALETTES)]]
    values = [[chance.randint(20, 60) * 10_000 + day * chance.randint(5, 60) * 10_000 for day in range(8)] for _ in names]
    races = [
        BarRace(
            f"{names[0]} {against}",
            tuple(
                RaceStep(f"Jun {at + 1}", tuple(Bar(name, float(row[at])) for name, row in pairs))
                for at in range(first, first + 5)
            ),
            "views",
        )
        for against, first, pairs in (
            ("against its rivals", 0, list(zip(names, values, strict=True))),
            ("in the last days", 3, list(zip(names, [row[::-1] for row in values], strict=True))),
        )
    ]
    lines = LineChart(
        f"{names[0]} and {names[1]}, views by day",
        tuple(
            Series(name, tuple(Point(f"Jun {at + 1}", float(value)) for at, value in enumerate(row)))
            for name, row in zip(names[:2], values, strict=False)
        ),
        "views",
    )
    middle: list[tuple[str, Visual]] = [
        (chance.choice(_RACES), races[0]),
        (chance.choice(_CURVES), lines),
        (chance.choice(_AGAIN), races[1]),
    ]
    opening = chance.choice(_OPENINGS).format(gain=gain, name=names[0])
    chance.shuffle(middle)
    card: Visual = (
        TitleCard(f"{names[0]} leads", "Five days", "Eight names, one race")
        if number % 2
        else BigNumber(gain * 1e6, f"views for {names[0]}", "In five days", sign="+", note="Made-up data")
    )
    closing = ClosingCard("That was the race of the week", "Subscribe for the next one", "Made-up data of a benchmark")
    scenes = (Scene(opening, card), *(Scene(*pair) for pair in middle), Scene(chance.choice(_ENDS), closing))
    slot = str(SlotId(date(2026, 6, 8), LaneId(f"gate.n{number}")))
    bars = tuple(Bar(name, float(row[-1])) for name, row in zip(names[:3], values, strict=False))
    title = f"{names[0]} gained {gain} million views in five days"
    return Script(
        slot=slot,
        channel=CHANNEL,
        topic_id=names[0].lower(),
        title=title,
        description=f"Made for a benchmark.\n\n{DISCLOSURE}",
        tags=("charts",),
        plan=FilmPlan(title, CHANNEL.title, palette, scenes, language="en-US", seed=number),
        thumbnail=ThumbnailBrief(names[0], palette, f"+{gain}M", bars, CHANNEL.title, number),
        chapters=(),
        facts=(Fact(name="gain", text="", number=gain * 1e6), *_numbers(), *_names(names)),
        writer="benchmark",
    )


def _numbers() -> tuple[Fact, ...]:
    """What is counted in the wordings above."""
    return tuple(Fact(name=f"count {number}", text="", number=float(number)) for number in (1, 2, 3, 5, 6))


def _names(names: list[str]) -> tuple[Fact, ...]:
    return tuple(Fact(name=f"name {at}", text=name) for at, name in enumerate(names))


def make(script: Script, artifacts: ArtifactStore) -> Made:
    """Speak, draw and render a script; what is in the store is not made again."""
    verdict = PolicyVerdict(slot=script.slot, action=Action.APPROVE, findings=(), script=script)
    purse = Budget(CostLedger(MemoryLedgerStore()), artifacts, SlotId.parse(script.slot), 500_000, FrozenClock(MOMENT))
    spoken = narrate(verdict, EspeakVoice(), artifacts, purse)
    film = render_film(verdict, spoken, artifacts, "landscape")
    return Made(verdict, spoken, film, choose_thumbnail(verdict, spoken, MOMENT, Scorer(), artifacts))


def ten(folder: Path) -> tuple[ArtifactStore, list[Made]]:
    """The ten films and the store that holds them."""
    artifacts = ArtifactStore(folder)
    return artifacts, [make(script_of(number), artifacts) for number in range(10)]
