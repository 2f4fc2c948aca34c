"""Scenes that show data: bars, racing bars, lines, ranked rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from PIL import Image, ImageDraw

from generation.media.motion import SETTLE_SECONDS, Canvas, Sheet, Sweep, ease, glide, label
from generation.media.picture import Box, Colour, legible_on, mix
from generation.media.plan import Bar, BarChart, BarRace, LineChart, RankingList
from generation.media.text import compact, measure, width_of


def _bar_colour(canvas: Canvas, number: int, highlight: int | None) -> Colour:
    if highlight is None:
        return canvas.inks.accent
    return canvas.inks.contrast if number == highlight else mix(canvas.inks.surface, canvas.inks.accent, 0.62)


def bar_chart(canvas: Canvas, visual: BarChart) -> None:
    layout, inks = canvas.layout, canvas.inks
    canvas.heading(visual.title, visual.note)
    most = max(bar.value for bar in visual.bars) or 1.0
    count = len(visual.bars)
    body = layout.body
    height = min(body.height // count, layout.px(150 if layout.is_portrait else 118))
    top = body.top + (body.height - height * count) // 2
    figures = max(width_of(measure(bar.value, visual.unit), "bold", layout.px(34)) for bar in visual.bars) + layout.px(40)
    labels = 0 if layout.is_portrait else 500
    for number, bar in enumerate(visual.bars):
        row = Box(body.left, top + number * height, body.width, height)
        if layout.is_portrait:
            words = Box(row.left, row.top, row.width, round(row.height * 0.46))
            track = Box(row.left, words.bottom, row.width - figures, round(row.height * 0.36))
        else:
            words = Box(row.left, row.top, labels - layout.px(28), row.height)
            thick = min(round(row.height * 0.62), layout.px(64))
            track = Box(row.left + labels, row.top + (row.height - thick) // 2, row.width - labels - figures, thick)
        label(
            canvas.sheet,
            layout,
            inks,
            bar,
            words,
            align="left" if layout.is_portrait else "right",
            strong=number == visual.highlight,
        )
        canvas.sheet.rounded(track, layout.px(10), inks.surface, 0.55)
        colour = _bar_colour(canvas, number, visual.highlight)

        def paint(sheet: Sheet, progress: float, *, bar: Bar = bar, track: Box = track, colour: Colour = colour) -> None:
            grown = ease(progress)
            length = round(track.width * grown * bar.value / most)
            if grown:
                sheet.rounded(Box(track.left, track.top, max(length, layout.px(10)), track.height), layout.px(10), colour)
                figure = Box(
                    track.left + max(length, layout.px(10)) + layout.px(16), track.top, figures - layout.px(20), track.height
                )
                sheet.text(measure(bar.value * grown, visual.unit), figure, inks.text, size=layout.px(34), smallest=layout.px(18))

        box = Box(track.left, track.top, track.width + figures, track.height)
        canvas.part(box, SETTLE_SECONDS + number * canvas.stagger(count), 1.1, paint)


def bar_race(canvas: Canvas, visual: BarRace) -> None:
    """Between two steps every bar's value and place glide; the scale follows the leader."""
    layout, inks, body = canvas.layout, canvas.inks, canvas.layout.body
    canvas.heading(visual.title, visual.note)
    names = list(dict.fromkeys(bar.label for step in visual.steps for bar in step.bars))
    shown = min(len(names), 6 if layout.is_portrait else 8)
    values = [{bar.label: bar.value for bar in step.bars} for step in visual.steps]
    places = []
    for step in values:
        order = sorted(names, key=lambda name: (-step.get(name, -1.0), names.index(name)))
        places.append({name: place for place, name in enumerate(order)})
    clock = Box(body.right - layout.px(560), body.bottom - layout.px(80), layout.px(560), layout.px(80))
    height = (clock.top - body.top) // shown
    size = layout.px(30)
    labels = round(body.width * (0.34 if layout.is_portrait else 0.26))
    figures = max(width_of(measure(value, visual.unit), "bold", size) for step in values for value in step.values()) + layout.px(
        36
    )
    room = body.width - labels - figures - layout.px(20)
    thick = round(height * 0.68)

    def paint(sheet: Sheet, progress: float) -> None:
        position = progress * (len(values) - 1)
        step = min(int(position), len(values) - 2)
        share = glide(position - step)
        swap = glide((position - step - 0.3) / 0.4)  # places change faster than values: two bars overlap only briefly
        before, after = values[step], values[step + 1]
        now = {name: value for name in names if (value := _between(before.get(name), after.get(name), share)) is not None}
        most = max(now.values()) or 1.0
        sheet.text(
            visual.steps[step if share < 0.5 else step + 1].label,
            clock,
            mix(inks.background, inks.muted, 0.8),
            size=layout.px(64),
            align="right",
        )
        # The lowest first, so that a bar that rises passes in front of the one that falls.
        for number, name in sorted(enumerate(names), key=lambda pair: -places[step + 1][pair[1]]):
            place = places[step][name] + (places[step + 1][name] - places[step][name]) * swap
            if place > shown - 0.5 or name not in now:
                continue
            top = body.top + round(place * height) + (height - thick) // 2
            length = max(round(room * now[name] / most), layout.px(10))
            colour = (
                mix(inks.accent, inks.contrast, 0.9 * (number % 5) / 4)
                if number % 2
                else mix(inks.accent, inks.surface, 0.12 * (number % 4))
            )
            label = Box(body.left, top, labels - layout.px(20), thick)
            sheet.text(name, label, inks.text, size=size, smallest=layout.px(20), lines=2, align="right")
            sheet.rounded(Box(body.left + labels, top, length, thick), layout.px(10), colour)
            figure = Box(body.left + labels + length + layout.px(14), top, figures, thick)
            sheet.text(measure(now[name], visual.unit), figure, inks.text, size=size)

    lasts = max(canvas.seconds - SETTLE_SECONDS - 0.8, 0.5)
    canvas.part(body, SETTLE_SECONDS, lasts, paint)


def _between(before: float | None, after: float | None, share: float) -> float | None:
    """A value on its way between two steps. One known at one of them alone is shown in that half, never as 0."""
    if before is None or after is None:
        return before if share < 0.5 else after
    return before * (1 - share) + after * share


def _ticks(most: float) -> list[float]:
    """3 to 6 round values from 0 to at least `most`."""
    if most <= 0:
        return [0.0, 1.0]
    raw = most / 4
    magnitude = 10 ** floor(log10(raw))
    step = next(factor * magnitude for factor in (1, 2, 2.5, 5, 10) if factor * magnitude >= raw * 0.999)
    return [step * number for number in range(ceil(most / step - 1e-9) + 1)]


def line_chart(canvas: Canvas, visual: LineChart) -> None:
    """Draw lines that are uncovered from left to right, each led by a dot with its value."""
    layout, inks, body = canvas.layout, canvas.inks, canvas.layout.body
    canvas.heading(visual.title, visual.note)
    ticks = _ticks(max(point.value for series in visual.series for point in series.points))
    axis = max(width_of(compact(tick), "regular", layout.px(24)) for tick in ticks) + layout.px(24)
    legend = layout.px(52) if len(visual.series) > 1 else 0
    values = [point.value for series in visual.series for point in series.points]
    figures = max(width_of(measure(value, visual.unit), "bold", layout.px(30)) for value in values)
    top = body.top + legend + layout.px(30)
    plot = Box(body.left + axis, top, body.width - axis - figures - layout.px(64), body.bottom - layout.px(50) - top)
    _axes(canvas, plot, ticks, [point.label for point in visual.series[0].points])
    colours = (inks.accent, inks.contrast, inks.muted)[: len(visual.series)]
    if legend:
        _legend(canvas, [series.label for series in visual.series], colours, Box(plot.left, body.top, plot.width, legend))
    lines = [
        _Line(tuple(point.value for point in series.points), plot, ticks[-1], colour)
        for series, colour in zip(visual.series, colours, strict=True)
    ]
    margin = layout.px(16)
    box = Box(plot.left - margin, plot.top - layout.px(28), body.right - plot.left + margin, plot.height + layout.px(44)).even()
    ground = canvas.sheet.image.crop(box.corners)
    finished = Sheet(ground.copy(), box)
    _area(finished, lines[0].curve, plot.bottom, colours[0])
    for line in reversed(lines):
        finished.line(line.curve, layout.px(7), line.colour)

    def edge(progress: float) -> float:
        return plot.left + plot.width * glide(progress)

    def marker(sheet: Sheet, progress: float) -> None:
        heads = sorted((line.at(glide(progress)) for line in lines), key=lambda head: head.y)
        high = layout.px(50)
        tops = [max(round(head.y) - high // 2, box.top) for head in heads]
        for number in range(1, len(tops)):
            tops[number] = max(tops[number], tops[number - 1] + high + 4)
        lowest = box.bottom - high
        for number in reversed(range(len(tops))):
            tops[number] = min(tops[number], lowest)
            lowest = tops[number] - high - 4
        for head, tag_top in zip(heads, tops, strict=True):
            for radius, colour in ((layout.px(11), (255, 255, 255)), (layout.px(7), head.colour)):
                sheet.rounded(Box(round(head.x) - radius, round(head.y) - radius, 2 * radius, 2 * radius), radius, colour)
            tag = Box(round(head.x) + layout.px(22), tag_top, figures + layout.px(28), high)
            sheet.rounded(tag, high // 2, head.colour)
            ink = legible_on(head.colour)
            sheet.text(measure(head.value, visual.unit), tag.inset(layout.px(12), 0), ink, size=layout.px(30), align="center")

    lasts = min(max(0.55 * canvas.seconds, 1.0), 5.0)
    canvas.parts.append(Sweep(box, ground, finished.image, SETTLE_SECONDS, lasts, edge, marker, reach=figures + layout.px(64)))


@dataclass(frozen=True)
class _Head:
    """Where a growing line has arrived, and the value there."""

    x: float
    y: float
    value: float
    colour: Colour


@dataclass(frozen=True)
class _Line:
    """Evenly spaced values in a plot whose upper edge stands for `most`."""

    values: tuple[float, ...]
    plot: Box
    most: float
    colour: Colour

    def at(self, share: float) -> _Head:
        """The head at a share of the plot's width."""
        place = (len(self.values) - 1) * share
        number = min(int(place), len(self.values) - 2)
        value = self.values[number] + (self.values[number + 1] - self.values[number]) * (place - number)
        y = self.plot.bottom - self.plot.height * value / self.most
        return _Head(self.plot.left + self.plot.width * share, y, value, self.colour)

    @property
    def curve(self) -> list[tuple[float, float]]:
        """Its points in the frame."""
        heads = [self.at(number / (len(self.values) - 1)) for number in range(len(self.values))]
        return [(head.x, head.y) for head in heads]


def _axes(canvas: Canvas, plot: Box, ticks: Sequence[float], labels: Sequence[str]) -> None:
    """Draw a rule per tick and a label under evenly chosen points, always under the last."""
    layout, inks, size = canvas.layout, canvas.inks, canvas.layout.px(24)
    left = layout.body.left
    for tick in ticks:
        y = plot.bottom - round(plot.height * tick / ticks[-1])
        canvas.sheet.rounded(Box(plot.left, y - 1, plot.width, 2), 0, inks.muted, 0.45 if tick == 0 else 0.16)
        mark = Box(left, y - size, plot.left - left - layout.px(18), 2 * size)
        canvas.sheet.text(compact(tick), mark, inks.muted, size=size, bold=False, align="right")
    last = len(labels) - 1
    stride = ceil(last / (4 if layout.is_portrait else 7))
    half = round(plot.width * stride / last / 2)
    for number in range(last, -1, -stride):
        box = Box(round(plot.left + plot.width * number / last) - half, plot.bottom + layout.px(12), 2 * half, layout.px(38))
        canvas.sheet.text(labels[number], box, inks.muted, size=size, smallest=layout.px(16), bold=False, align="center")


def _area(sheet: Sheet, curve: Sequence[tuple[float, float]], bottom: int, colour: Colour) -> None:
    """Shade the area under a curve, stronger near the line."""
    width, height = sheet.image.size
    mask = Image.new("L", (width, height), 0)
    outline = [(x - sheet.box.left, y - sheet.box.top) for x, y in curve]
    floor_y = bottom - sheet.box.top
    ImageDraw.Draw(mask).polygon([*outline, (outline[-1][0], floor_y), (outline[0][0], floor_y)], fill=255)
    fade = Image.linear_gradient("L").resize((width, height)).point([90 - level * 80 // 255 for level in range(256)])
    nothing = Image.new("L", (width, height), 0)
    sheet.image.paste(colour, (0, 0), Image.composite(fade, nothing, mask))


def _legend(canvas: Canvas, labels: Sequence[str], colours: Sequence[Colour], box: Box) -> None:
    layout = canvas.layout
    width = box.width // len(labels)
    for number, (name, colour) in enumerate(zip(labels, colours, strict=True)):
        left = box.left + number * width
        dot = layout.px(18)
        canvas.sheet.rounded(Box(left, box.top + (box.height - dot) // 2, dot, dot), dot // 2, colour)
        words = Box(left + layout.px(30), box.top, width - layout.px(50), box.height)
        canvas.sheet.text(name, words, canvas.inks.text, size=layout.px(26), smallest=layout.px(18))


def ranking_list(canvas: Canvas, visual: RankingList) -> None:
    layout, inks, body = canvas.layout, canvas.inks, canvas.layout.body
    canvas.heading(visual.title, visual.note)
    count = len(visual.rows)
    gap = layout.px(14)
    height = min((body.height - gap * (count - 1)) // count, layout.px(140))
    top = body.top + (body.height - height * count - gap * (count - 1)) // 2
    figures = max(width_of(measure(row.value, visual.unit), "bold", layout.px(38)) for row in visual.rows) + layout.px(30)
    figures = min(figures, body.width // 2)
    for number, row in enumerate(visual.rows):
        card = Box(body.left, top + number * (height + gap), body.width, height)

        def paint(sheet: Sheet, progress: float, *, number: int = number, row: Bar = row, card: Box = card) -> None:
            grown = ease(progress)
            if not grown:
                return
            before = sheet.image.copy()
            shift = round((1 - grown) * layout.px(60))
            moved = Box(card.left + shift, card.top, card.width - shift, card.height)
            sheet.rounded(moved, layout.px(18), inks.surface)
            badge = round(card.height * 0.62)
            disc = Box(moved.left + layout.px(22), card.top + (card.height - badge) // 2, badge, badge)
            colour = inks.contrast if number == 0 else inks.accent
            sheet.rounded(disc, layout.px(16), colour)
            sheet.text(str(number + 1), disc, legible_on(colour), size=round(badge * 0.56), align="center")
            words = Box(disc.right + layout.px(26), card.top, moved.right - figures - disc.right - layout.px(56), card.height)
            label(sheet, layout, inks, row, words, align="left")
            figure = Box(moved.right - figures - layout.px(26), card.top, figures, card.height)
            sheet.text(
                measure(row.value, visual.unit), figure, inks.text, size=layout.px(38), smallest=layout.px(22), align="right"
            )
            if grown < 1:
                sheet.image.paste(Image.blend(before, sheet.image, grown))

        canvas.part(card, SETTLE_SECONDS + number * canvas.stagger(count), 0.6, paint)
