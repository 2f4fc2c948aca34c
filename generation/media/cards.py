"""Scenes without a chart: the opening, one big figure, the closing."""

from __future__ import annotations

from collections.abc import Sequence

from generation.media.motion import SETTLE_SECONDS, Canvas, Sheet, ease
from generation.media.picture import Box, Colour, legible_on, mix
from generation.media.plan import BigNumber, ClosingCard, TitleCard
from generation.media.text import fit, measure


def title_card(canvas: Canvas, visual: TitleCard) -> None:
    layout, inks, stage = canvas.layout, canvas.inks, canvas.layout.stage
    if layout.is_portrait:
        words, motif = Box(stage.left, stage.top, stage.width, 620), Box(stage.left, stage.top + 680, stage.width, 340)
    else:
        words, motif = Box(stage.left, stage.top, 1130, stage.height), Box(1330, 300, 494, 500)
    title = fit(visual.title, words.width, round(words.height * 0.62), size=layout.px(112), smallest=layout.px(44), lines=4)
    kicker_height = layout.px(54) if visual.kicker else 0
    subtitle_height = layout.px(100) if visual.subtitle else 0
    rule = layout.px(46)
    top = words.top + (words.height - kicker_height - title.height - rule - subtitle_height) // 2
    canvas.sheet.text(
        visual.kicker.upper(),
        Box(words.left, top, words.width, kicker_height),
        inks.accent,
        size=layout.px(32),
        smallest=layout.px(20),
    )
    canvas.sheet.set(title, Box(words.left, top + kicker_height, words.width, title.height), inks.text)
    line = Box(words.left, top + kicker_height + title.height + layout.px(14), layout.px(180), layout.px(10))
    subtitle = fit(
        visual.subtitle, words.width, subtitle_height, size=layout.px(36), smallest=layout.px(24), weight="regular", lines=2
    )
    canvas.sheet.set(subtitle, Box(words.left, line.bottom + layout.px(22), words.width, subtitle.height), inks.muted)
    _own_bars(canvas, motif, [bar.value for bar in visual.series])

    def underline(sheet: Sheet, progress: float) -> None:
        sheet.rounded(Box(line.left, line.top, round(line.width * ease(progress)), line.height), line.height // 2, inks.contrast)

    canvas.part(line, SETTLE_SECONDS, 0.7, underline)


def big_number(canvas: Canvas, visual: BigNumber) -> None:
    layout, inks, stage = canvas.layout, canvas.inks, canvas.layout.stage
    text = f"{visual.sign}{measure(visual.value, visual.unit)}"
    box = Box(stage.left, stage.top + round(stage.height * 0.14), stage.width, round(stage.height * 0.46))
    size = fit(text, box.width, box.height, size=layout.px(300), smallest=layout.px(80)).size
    canvas.sheet.text(
        visual.kicker.upper(),
        Box(stage.left, stage.top, stage.width, round(stage.height * 0.14)),
        inks.accent,
        size=layout.px(36),
        smallest=layout.px(22),
        align="center",
    )
    words = Box(stage.left, box.bottom + layout.px(34), stage.width, round(stage.height * 0.22))
    canvas.sheet.text(
        visual.label,
        words.inset(layout.px(40), 0),
        inks.text,
        size=layout.px(58),
        smallest=layout.px(30),
        lines=2,
        align="center",
    )
    canvas.sheet.text(visual.note, layout.note, inks.muted, size=layout.px(24), bold=False, align="center")

    def count(sheet: Sheet, progress: float) -> None:
        grown = ease(progress)
        figure = f"{visual.sign}{measure(visual.value * grown, visual.unit)}"
        sheet.text(figure, box, inks.contrast, size=size, smallest=layout.px(40), align="center")

    def underline(sheet: Sheet, progress: float) -> None:
        half = round(layout.px(170) * ease(progress))
        middle = stage.left + stage.width // 2
        sheet.rounded(Box(middle - half, line.top, 2 * half, line.height), line.height // 2, inks.accent)

    line = Box(stage.left + stage.width // 2 - layout.px(170), box.bottom + layout.px(6), layout.px(340), layout.px(10))
    canvas.part(box, SETTLE_SECONDS - 0.3, min(1.8, 0.6 * canvas.seconds), count)
    canvas.part(line, SETTLE_SECONDS, 1.0, underline)


def closing_card(canvas: Canvas, visual: ClosingCard) -> None:
    layout, inks, stage = canvas.layout, canvas.inks, canvas.layout.stage
    block = Box(stage.left, stage.top + round(stage.height * 0.08), stage.width, round(stage.height * 0.44))
    canvas.sheet.text(visual.title, block, inks.text, size=layout.px(92), smallest=layout.px(40), lines=3, align="center")
    if visual.call_to_action:
        action = fit(
            visual.call_to_action, stage.width - layout.px(160), layout.px(80), size=layout.px(42), smallest=layout.px(24)
        )
        wide, high = action.width + layout.px(110), layout.px(104)
        button = Box(stage.left + (stage.width - wide) // 2, block.bottom + layout.px(34), wide, high)

        def press(sheet: Sheet, progress: float) -> None:
            grown = ease(progress)
            inset = button.inset(round((1 - grown) * button.width * 0.12), round((1 - grown) * button.height * 0.2))
            sheet.rounded(inset, inset.height // 2, inks.accent, grown)
            if grown > 0.3:
                ink = mix(inks.accent, legible_on(inks.accent), (grown - 0.3) / 0.7)
                sheet.text(
                    visual.call_to_action, inset.inset(layout.px(40), 0), ink, size=action.size, smallest=10, align="center"
                )

        canvas.part(button, SETTLE_SECONDS, 0.6, press)
    canvas.sheet.text(visual.source, layout.note, inks.muted, size=layout.px(24), bold=False, align="center")


def _own_bars(canvas: Canvas, box: Box, values: Sequence[float]) -> None:
    """The subject's own values in the order of time; without any, three rings, which claim nothing."""
    layout, inks = canvas.layout, canvas.inks
    count = len(values)
    if count < 2 or not max(values):
        _rings(canvas, box)
        return
    gap = layout.px(22)
    width = (box.width - gap * (count - 1)) // count
    for number in range(count):
        share = max(values[number] / max(values), 0.04)
        last = number == count - 1
        colour = inks.contrast if last else mix(inks.surface, inks.accent, 0.25 + 0.5 * number / count)
        column = Box(box.left + number * (width + gap), box.top, width, box.height)

        def paint(sheet: Sheet, progress: float, *, column: Box = column, share: float = share, colour: Colour = colour) -> None:
            height = round(column.height * share * ease(progress))
            sheet.rounded(Box(column.left, column.bottom - height, column.width, height), layout.px(12), colour)

        canvas.part(column, SETTLE_SECONDS + 0.08 * number, 1.1, paint)


def _rings(canvas: Canvas, box: Box) -> None:
    layout, inks = canvas.layout, canvas.inks
    whole = min(box.width, box.height)
    area = Box(box.left + (box.width - whole) // 2, box.top + (box.height - whole) // 2, whole, whole)

    def paint(sheet: Sheet, progress: float) -> None:
        for share, colour in ((1.0, inks.accent), (0.72, inks.surface), (0.36, inks.contrast)):
            wide = round(whole * share * ease(progress))
            if wide > layout.px(8):
                inset = (whole - wide) // 2
                sheet.rounded(Box(area.left + inset, area.top + inset, wide, wide), wide // 2, colour)

    canvas.part(area, SETTLE_SECONDS, 1.2, paint)
