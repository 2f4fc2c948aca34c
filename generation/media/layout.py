"""Where things stand on the screen: safe margins, the box of the pictures, the band of the captions, the scale of the type.

Landscape keeps 5 % on every side (EBU R 95 action-safe is 3.5 %). Portrait keeps free what the players of short videos cover:
the top 170 pixels, the bottom 340, and the column of buttons on the lower right."""

from __future__ import annotations

from dataclasses import dataclass

from generation.media.picture import Box


@dataclass(frozen=True)
class Layout:
    """The regions of a frame; none overlaps another.

    Attributes:
        width, height: of the frame.
        badge: the channel's name.
        heading: the title of a chart.
        body: the chart itself.
        note: one line below it.
        stage: heading, body and note together, for pictures without a chart.
        caption: the band where captions are burned in.
        progress: the thin line that fills as the film goes on.
        scale: of type and strokes; 1 for landscape.
    """

    width: int
    height: int
    badge: Box
    heading: Box
    body: Box
    note: Box
    stage: Box
    caption: Box
    progress: Box
    scale: float

    @property
    def is_portrait(self) -> bool:
        """Taller than wide."""
        return self.height > self.width

    def px(self, size: float) -> int:
        """A length of the landscape design in this layout's pixels."""
        return round(size * self.scale)


LANDSCAPE = Layout(
    width=1920,
    height=1080,
    badge=Box(1344, 56, 480, 44),
    heading=Box(96, 56, 1200, 132),
    body=Box(96, 212, 1728, 590),
    note=Box(96, 812, 1728, 36),
    stage=Box(96, 130, 1728, 700),
    caption=Box(230, 868, 1460, 156),
    progress=Box(0, 1072, 1920, 8),
    scale=1.0,
)
PORTRAIT = Layout(
    width=1080,
    height=1920,
    badge=Box(72, 170, 936, 48),
    heading=Box(72, 246, 936, 184),
    body=Box(72, 456, 936, 800),
    note=Box(72, 1270, 936, 40),
    stage=Box(72, 250, 936, 1040),
    caption=Box(72, 1344, 936, 196),
    progress=Box(0, 1912, 1080, 8),
    scale=1.12,
)


def layout_for(width: int, height: int) -> Layout:
    """The layout of a frame size; raises ValueError for a size that none was designed for."""
    for layout in (LANDSCAPE, PORTRAIT):
        if (layout.width, layout.height) == (width, height):
            return layout
    raise ValueError(f"no layout for {width}×{height}")
