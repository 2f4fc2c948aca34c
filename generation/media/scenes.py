"""From a scene's data to its picture: the branded ground, the channel's name, and the painter of its kind."""

from __future__ import annotations

from generation.media import cards, charts
from generation.media.layout import Layout
from generation.media.motion import Canvas, Inks, Picture, Sheet
from generation.media.picture import Box, backdrop
from generation.media.plan import (
    BarChart,
    BarRace,
    BigNumber,
    ClosingCard,
    LineChart,
    Palette,
    RankingList,
    TitleCard,
    Visual,
)
from generation.media.text import fit


def draw(visual: Visual, *, layout: Layout, palette: Palette, channel: str, seconds: float) -> Picture:
    """Draw a scene that is on screen for `seconds`."""
    inks = Inks.of(palette)
    ground = backdrop(layout.width, layout.height, inks.background, inks.surface, inks.accent)
    canvas = Canvas(layout, inks, seconds, Sheet(ground, Box(0, 0, layout.width, layout.height)))
    _badge(canvas, channel)
    match visual:
        case TitleCard():
            cards.title_card(canvas, visual)
        case BigNumber():
            cards.big_number(canvas, visual)
        case ClosingCard():
            cards.closing_card(canvas, visual)
        case BarChart():
            charts.bar_chart(canvas, visual)
        case BarRace():
            charts.bar_race(canvas, visual)
        case LineChart():
            charts.line_chart(canvas, visual)
        case RankingList():
            charts.ranking_list(canvas, visual)
    zooms = isinstance(visual, TitleCard | BigNumber | ClosingCard)
    return Picture(canvas.sheet.image, canvas.parts, seconds, zooms)


def _badge(canvas: Canvas, channel: str) -> None:
    layout, inks, box = canvas.layout, canvas.inks, canvas.layout.badge
    name = fit(channel, box.width - layout.px(40), box.height, size=layout.px(26), smallest=layout.px(16))
    if not name.lines:
        return
    left = box.left if layout.is_portrait else box.right - name.width - layout.px(30)
    dot = layout.px(14)
    canvas.sheet.rounded(Box(left, box.top + (box.height - dot) // 2, dot, dot), dot // 2, inks.accent)
    canvas.sheet.text(
        channel,
        Box(left + layout.px(26), box.top, box.width - layout.px(40), box.height),
        inks.muted,
        size=layout.px(26),
        smallest=layout.px(16),
    )
