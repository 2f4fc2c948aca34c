"""What a film shows and says, before any pixel: the frozen plan, its scenes with typed data, and the brief of a thumbnail.

Written by `generation.steps`, read by `timeline`, `scenes` and `thumbnail`. Values are plain data: they digest with
`core.digest.digest_value` and travel as JSON through `plan_to_json` and `plan_from_json`. Texts may hold any Unicode; the
painters fold what their fonts cannot draw. Colours are `#rrggbb`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from core.errors import InvalidInput

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_HEX = re.compile(r"#[0-9a-fA-F]{6}")


def _require(condition: bool, problem: str) -> None:
    if not condition:
        raise InvalidInput(f"The film plan is not usable: {problem}.")


@dataclass(frozen=True)
class Palette:
    """The colours of a channel's brand.

    Attributes:
        background: the dark base of every picture.
        surface: cards and tracks on the background.
        accent: the brand colour: bars, rules, the spoken word.
        contrast: a second colour, for what must stand out from the accent.
        text: headlines and captions.
        muted: labels and notes.
    """

    background: str
    surface: str
    accent: str
    contrast: str
    text: str = "#ffffff"
    muted: str = "#a9b4c8"

    def __post_init__(self) -> None:
        for colour in (self.background, self.surface, self.accent, self.contrast, self.text, self.muted):
            _require(_HEX.fullmatch(colour) is not None, f"{colour!r} is not a colour of the form #rrggbb")


PALETTES: dict[str, Palette] = {
    "violet": Palette("#120b2e", "#261a52", "#9b6bff", "#ffc53d"),
    "ocean": Palette("#06182b", "#0f2f4f", "#2fb4ff", "#ffb020"),
    "coral": Palette("#230d1a", "#431a30", "#ff5c7a", "#ffd166"),
    "forest": Palette("#071e1a", "#103a32", "#21d19f", "#ffd23f"),
    "amber": Palette("#1e1408", "#3b2912", "#ffa62b", "#4cc9f0"),
    "steel": Palette("#0d131c", "#1d2a3b", "#6ea8fe", "#ff7b54"),
    "lime": Palette("#111a0a", "#223313", "#a4e22e", "#ff6b9d"),
    "magenta": Palette("#1f0a26", "#3a1547", "#f052d6", "#5ef2c2"),
}
"""Brand palettes by name: accent and contrast are legible on background and surface."""


def palette_for(handle: str) -> Palette:
    """Give a channel its palette: always the same one for the same handle."""
    names = sorted(PALETTES)
    return PALETTES[names[sha256(handle.encode()).digest()[0] % len(names)]]


@dataclass(frozen=True)
class Bar:
    """One labelled value, at least 0. `note` is a second line of the label, for example the channel of a video."""

    label: str
    value: float
    note: str = ""

    def __post_init__(self) -> None:
        _require(0 <= self.value < 1e15, f"bar {self.label!r} has the value {self.value}, which is not a number from 0 up")


@dataclass(frozen=True)
class TitleCard:
    """The opening: a small kicker, the title, a line below it; beside them the subject's own values in the order of time."""

    title: str
    kicker: str = ""
    subtitle: str = ""
    series: tuple[Bar, ...] = ()
    kind: Literal["title_card"] = "title_card"


@dataclass(frozen=True)
class BarChart:
    """Horizontal bars that grow from zero, 1 to 8 of them, in the order given. `highlight` is the index of the one told about."""

    title: str
    bars: tuple[Bar, ...]
    unit: str = ""
    highlight: int | None = None
    note: str = ""
    kind: Literal["bar_chart"] = "bar_chart"

    def __post_init__(self) -> None:
        _require(1 <= len(self.bars) <= 8, f"bar chart {self.title!r} has {len(self.bars)} bars, not 1 to 8")


@dataclass(frozen=True)
class RaceStep:
    """The bars at one moment of a race, in any order. `label` names the moment, for example a date."""

    label: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class BarRace:
    """Bars that overtake one another from step to step (2 or more); at each moment the 8 largest are on screen."""

    title: str
    steps: tuple[RaceStep, ...]
    unit: str = ""
    note: str = ""
    kind: Literal["bar_race"] = "bar_race"

    def __post_init__(self) -> None:
        _require(len(self.steps) >= 2, f"bar race {self.title!r} has fewer than 2 steps")
        _require(all(step.bars for step in self.steps), f"bar race {self.title!r} has a step without bars")


@dataclass(frozen=True)
class Point:
    """One reading of a series. `label` is written under the axis, for example `Jun 3`; `at` is its place there, in days from the
    first one. Points without one are evenly spaced."""

    label: str
    value: float
    at: float | None = None

    def __post_init__(self) -> None:
        _require(0 <= self.value < 1e15, f"point {self.label!r} has the value {self.value}, which is not a number from 0 up")


@dataclass(frozen=True)
class Series:
    """One line of a chart: 2 points or more."""

    label: str
    points: tuple[Point, ...]

    def __post_init__(self) -> None:
        _require(len(self.points) >= 2, f"series {self.label!r} has fewer than 2 points")


@dataclass(frozen=True)
class LineChart:
    """Lines that draw themselves from left to right, 1 to 3 of them on common axes; all have equally many points."""

    title: str
    series: tuple[Series, ...]
    unit: str = ""
    note: str = ""
    kind: Literal["line_chart"] = "line_chart"

    def __post_init__(self) -> None:
        _require(1 <= len(self.series) <= 3, f"line chart {self.title!r} has {len(self.series)} series, not 1 to 3")
        _require(len({len(one.points) for one in self.series}) == 1, f"the series of {self.title!r} differ in length")


@dataclass(frozen=True)
class RankingList:
    """Ranked rows that appear one by one, 1 to 6 of them. A row's `value` is written on its right, its `note` under the label."""

    title: str
    rows: tuple[Bar, ...]
    unit: str = ""
    note: str = ""
    kind: Literal["ranking_list"] = "ranking_list"

    def __post_init__(self) -> None:
        _require(1 <= len(self.rows) <= 6, f"ranking {self.title!r} has {len(self.rows)} rows, not 1 to 6")


@dataclass(frozen=True)
class BigNumber:
    """One figure that counts up, a kicker above and an explanation below. `sign` is written before it: `+`, `×`, or nothing."""

    value: float
    label: str
    kicker: str = ""
    unit: str = ""
    sign: str = ""
    note: str = ""
    kind: Literal["big_number"] = "big_number"

    def __post_init__(self) -> None:
        _require(0 <= self.value < 1e15, f"the figure {self.value} is not a number from 0 up")


@dataclass(frozen=True)
class ClosingCard:
    """The end: a last line, what the viewer may do next, where the data came from."""

    title: str
    call_to_action: str = ""
    source: str = ""
    kind: Literal["closing_card"] = "closing_card"


Visual = Annotated[
    TitleCard | BarChart | BarRace | LineChart | RankingList | BigNumber | ClosingCard,
    Field(discriminator="kind"),
]


@dataclass(frozen=True)
class Scene:
    """One picture and what is said over it.

    Attributes:
        narration: one or more sentences, in words for the ear; never empty. Its whitespace-separated words are the captions.
        visual: what is seen from the first to the last of these words.
        in_short: whether the portrait short keeps this scene. The first and the last scene are always kept.
    """

    narration: str
    visual: Visual
    in_short: bool = True

    def __post_init__(self) -> None:
        _require(bool(self.narration.strip()), f"a {self.visual.kind} scene says nothing")


@dataclass(frozen=True)
class FilmPlan:
    """A whole film: what `build_timeline` joins with a narration of `script`.

    Attributes:
        title: title of the video.
        channel: name of the channel, written small in the corner.
        palette: its colours.
        scenes: in order, at least one.
        language: BCP 47 tag of the narration.
        seed: of the music bed.
    """

    title: str
    channel: str
    palette: Palette
    scenes: tuple[Scene, ...]
    language: str = "en-US"
    seed: int = 0

    def __post_init__(self) -> None:
        _require(bool(self.scenes), "it has no scenes")

    @property
    def script(self) -> str:
        """The whole text to speak, one line per scene: exactly what the voice must be given."""
        return "\n".join(" ".join(scene.narration.split()) for scene in self.scenes)


@dataclass(frozen=True)
class ThumbnailBrief:
    """What a thumbnail tells.

    Attributes:
        headline: at most 5 words are drawn, the rest is cut.
        palette: the channel's colours.
        figure: the number of the story and what it counts, for example `+1.1M views in a day`; may be empty.
        bars: up to 6 values of the subject itself for a chart motif, drawn in the order of time; may be empty.
        channel: name of the channel, drawn small.
        seed: which colouring comes first.
    """

    headline: str
    palette: Palette
    figure: str = ""
    bars: tuple[Bar, ...] = field(default=())
    channel: str = ""
    seed: int = 0

    def __post_init__(self) -> None:
        _require(bool(self.headline.strip()), "the thumbnail has no headline")


@cache
def _film_plan() -> TypeAdapter[FilmPlan]:
    from pydantic import TypeAdapter

    return TypeAdapter(FilmPlan)


def plan_to_json(plan: FilmPlan) -> bytes:
    """Write a plan as JSON that `plan_from_json` reads."""
    return _film_plan().dump_json(plan)


def plan_from_json(content: bytes) -> FilmPlan:
    """Read a plan. Raises InvalidInput naming the first field that is wrong."""
    from pydantic import ValidationError

    try:
        return _film_plan().validate_json(content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise InvalidInput(f"The film plan is not usable: {where}: {first['msg']}.") from None
