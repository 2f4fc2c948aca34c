"""Pictures: what moves stays apart, inside the frame, and away from the captions."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from generation.media.captions import Cue
from generation.media.compose import compose, picture_at, to_rgb
from generation.media.layout import LANDSCAPE, PORTRAIT, layout_for
from generation.media.picture import Box, Frame, to_planes
from generation.media.plan import (
    PALETTES,
    Bar,
    BarChart,
    BarRace,
    BigNumber,
    LineChart,
    Point,
    RaceStep,
    RankingList,
    Series,
    TitleCard,
)
from generation.media.scenes import draw
from generation.media.timeline import CAPTION_STYLES, build_timeline
from tests.unit.generation.media.films import VISUALS, narration_of, plan_of

LAYOUTS = pytest.mark.parametrize("layout", [LANDSCAPE, PORTRAIT], ids=["landscape", "portrait"])
words = st.text(max_size=50)
values = st.floats(0, 1e12)
bars = st.builds(Bar, words, values, words)
lines = st.integers(2, 40).flatmap(
    lambda count: st.lists(
        st.builds(Series, words, st.lists(st.builds(Point, words, values), min_size=count, max_size=count).map(tuple)),
        min_size=1,
        max_size=3,
    )
)
visuals = st.one_of(
    st.builds(TitleCard, words, words, words),
    st.builds(BigNumber, values, words, words, words, words, words),
    st.builds(BarChart, words, st.lists(bars, min_size=1, max_size=8).map(tuple), words, st.none() | st.integers(0, 7), words),
    st.builds(RankingList, words, st.lists(bars, min_size=1, max_size=6).map(tuple), words, words),
    st.builds(
        BarRace,
        words,
        st.lists(st.builds(RaceStep, words, st.lists(bars, min_size=1, max_size=10).map(tuple)), min_size=2, max_size=4).map(
            tuple
        ),
        words,
        words,
    ),
    st.builds(LineChart, words, lines.map(tuple), words, words),
)


def apart(first: Box, second: Box) -> bool:
    return first.right <= second.left or second.right <= first.left or first.bottom <= second.top or second.bottom <= first.top


def drawn(visual, layout, seconds=4.0):
    return draw(visual, layout=layout, palette=PALETTES["ocean"], channel="A channel", seconds=seconds)


@LAYOUTS
def test_the_regions_of_a_layout_do_not_overlap(layout):
    regions = [layout.badge, layout.heading, layout.body, layout.note, layout.caption, layout.progress]
    frame = Box(0, 0, layout.width, layout.height)
    assert all(frame.contains(region) for region in [*regions, layout.stage])
    assert all(apart(first, second) for first, second in combinations(regions, 2))
    assert apart(layout.stage, layout.caption)


@LAYOUTS
@given(visual=visuals, seconds=st.floats(0.3, 8))
@settings(max_examples=25)
def test_any_data_is_drawn_and_its_parts_stay_in_their_place(layout, visual, seconds):
    picture = drawn(visual, layout, seconds)
    assert picture.still.size == (layout.width, layout.height)
    frame = Box(0, 0, layout.width, layout.height)
    boxes = [part.box for part in picture.parts]
    assert all(frame.contains(box) and apart(box, layout.caption) and apart(box, layout.progress) for box in boxes)
    assert all(box == box.even() for box in boxes)
    assert all(apart(first, second) for first, second in combinations(boxes, 2))
    for moment in (0.0, seconds / 2, seconds):
        for left, top, patch in picture.changes(moment):
            place = Box(left, top, *patch.size)
            assert place == place.even()
            assert any(box.contains(place) for box in boxes)


@LAYOUTS
@pytest.mark.parametrize("visual", VISUALS, ids=[visual.kind for visual in VISUALS])
def test_a_scene_moves_and_comes_to_rest(layout, visual):
    picture = drawn(visual, layout, 6.0)
    seen = sum(1 for number in range(180) for _ in picture.changes(number / 30))
    assert seen > len(picture.parts)
    assert list(picture.changes(6.0)) == list(picture.changes(6.1)) == []
    assert picture.zoom(0) == 1.0
    zooms = [picture.zoom(number / 30) for number in range(180)]
    assert zooms == sorted(zooms)


def test_the_longest_bar_is_the_largest_value():
    picture = drawn(BarChart("T", (Bar("a", 10), Bar("b", 5), Bar("c", 0))), LANDSCAPE)
    widths = []
    for part, (_, _, patch) in zip(picture.parts, picture.changes(4.0), strict=True):
        middle = np.asarray(patch)[part.box.height // 2].astype(int)
        ground = np.asarray(part.ground)[part.box.height // 2].astype(int)
        changed = np.abs(middle - ground).sum(axis=1) > 60
        widths.append(int(np.argmin(changed)) if not changed.all() else len(changed))
    assert widths[0] > widths[1] > widths[2]
    assert widths[1] == pytest.approx(widths[0] / 2, abs=2)


def test_only_known_frame_sizes_have_a_layout():
    with pytest.raises(ValueError, match="640×480"):
        layout_for(640, 480)


def test_rgb_survives_the_way_through_yuv():
    colours = [(255, 255, 255), (0, 0, 0), (155, 107, 255), (255, 197, 61), (18, 11, 46), (200, 30, 60)]
    for colour in colours:
        frame = Frame(4, 4)
        frame.put(0, 0, to_planes(Image.new("RGB", (4, 4), colour)))
        back = np.asarray(to_rgb(frame.buffer, 4, 4)).astype(int)
        assert np.abs(back - colour).max() <= 3


@pytest.fixture(scope="module")
def timeline():
    plan = plan_of(VISUALS[0], VISUALS[2])
    return build_timeline(plan, narration_of(plan), orientation="landscape")


def test_a_frame_drawn_by_itself_equals_the_composed_one(timeline):
    start = timeline.scenes[1].first_frame
    wanted = {0, 20, start - 1, start + 15, start + 50, timeline.frames - 1}
    seen = 0
    for number, buffer in enumerate(compose(timeline)):
        if number in wanted:
            assert picture_at(timeline, number) == to_rgb(buffer, timeline.width, timeline.height)
        seen += 1
    assert seen == timeline.frames
    with pytest.raises(ValueError, match="frames"):
        picture_at(timeline, timeline.frames)


def test_captions_change_only_their_band(timeline):
    plain = replace(timeline, captions=())
    cue = timeline.captions[0]
    at = round(cue.start_seconds * timeline.fps) + 1
    with_captions, without = (np.asarray(picture_at(one, at)).astype(int) for one in (timeline, plain))
    rows, columns = np.nonzero(np.abs(with_captions - without).sum(axis=2))
    band = LANDSCAPE.caption
    assert len(rows) > 1000
    assert band.top <= rows.min() <= rows.max() < band.bottom
    assert band.left <= columns.min() <= columns.max() < band.right


@pytest.mark.parametrize("orientation", ["landscape", "portrait"])
@given(texts=st.lists(st.text("Wiÿ漢🎮-", min_size=1, max_size=90), min_size=1, max_size=3))
@settings(max_examples=8)
def test_any_caption_stays_in_its_band(timeline, orientation, texts):
    plan = plan_of(VISUALS[0])
    film = build_timeline(plan, narration_of(plan), orientation=orientation)
    word = film.words[0]
    style, layout = CAPTION_STYLES[orientation], LANDSCAPE if orientation == "landscape" else PORTRAIT
    cue = Cue(0.0, 9.0, tuple((replace(word, text=text),) for text in texts[: style.lines]))
    pictures = [np.asarray(picture_at(replace(film, captions=captions), 60)).astype(int) for captions in ((cue,), ())]
    rows, columns = np.nonzero(np.abs(pictures[0] - pictures[1]).sum(axis=2))
    if len(rows):
        band = layout.caption
        assert band.top <= rows.min() <= rows.max() < band.bottom
        assert band.left <= columns.min() <= columns.max() < band.right
