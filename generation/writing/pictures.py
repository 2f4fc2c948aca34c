"""What a picture says, as sentences that the check of claims reads: a bar is "views gained in a day: this video, 1,234 views"."""

from __future__ import annotations

from collections.abc import Iterator

from generation.media.plan import (
    Bar,
    BarChart,
    BarRace,
    BigNumber,
    ClosingCard,
    LineChart,
    RankingList,
    ThumbnailBrief,
    TitleCard,
    Visual,
)
from generation.media.text import measure


def said_by(visual: Visual) -> Iterator[str]:
    """The sentences of a scene's picture."""
    match visual:
        case TitleCard():
            yield from (visual.title, visual.kicker, visual.subtitle)
            yield from (_dated(bar.label, "", bar.value, "views") for bar in visual.series)
        case BarChart():
            yield from (visual.title, visual.note)
            yield from (_measured(visual.title, bar, visual.unit) for bar in visual.bars)
        case RankingList():
            yield from (visual.title, visual.note)
            yield from (_measured(visual.title, row, visual.unit) for row in visual.rows)
        case BarRace():
            yield from (visual.title, visual.note)
            yield from (_dated(step.label, bar.label, bar.value, visual.unit) for step in visual.steps for bar in step.bars)
        case LineChart():
            yield from (visual.title, visual.note)
            yield from (
                _dated(point.label, series.label, point.value, visual.unit) for series in visual.series for point in series.points
            )
        case BigNumber():
            yield from (visual.kicker, visual.note)
            yield f"{visual.sign}{measure(visual.value, visual.unit)} {visual.label}"
        case ClosingCard():
            yield from (visual.title, visual.call_to_action, visual.source)


def said_by_thumbnail(brief: ThumbnailBrief) -> Iterator[str]:
    """The sentences of a thumbnail."""
    yield from (brief.headline, brief.figure)
    yield from (_dated(bar.label, "", bar.value, "views") for bar in brief.bars)


def _measured(title: str, bar: Bar, unit: str) -> str:
    of = f"“{bar.label}” by {bar.note}" if bar.note and not bar.note.startswith("best place") else f"“{bar.label}”"
    note = f" It has {bar.note}." if bar.note.startswith("best place") else ""
    return f"{title}: {of}, {_exact(bar.value)} {unit}.{note}"


def _dated(day: str, name: str, value: float, unit: str) -> str:
    of = f"“{name}”" if name else "it"
    return f"On {day}, {of} had {_exact(value)} {unit}"


def _exact(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:,.2f}"
