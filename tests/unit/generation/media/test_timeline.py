"""When things happen: scenes, captions and sound on one clock."""

from dataclasses import replace
from itertools import pairwise

import pysubs2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.media.speech import Word
from core.errors import InvalidInput
from generation.media.captions import coverage, to_srt
from generation.media.plan import Scene
from generation.media.text import drawable, width_of
from generation.media.timeline import CAPTION_STYLES, SHORT_SECONDS, build_timeline
from tests.unit.generation.media.films import VISUALS, narration_of, plan_of

LONG = "In two days one video gained 3.4M views, and it is not alone: four others rose by more than half since Monday. Look!"


@pytest.fixture(params=["landscape", "portrait"])
def timeline(request):
    plan = plan_of(words=LONG)
    return build_timeline(plan, narration_of(plan), orientation=request.param)


def test_scenes_cover_all_frames_without_a_gap(timeline):
    assert timeline.scenes[0].first_frame == 0
    assert timeline.scenes[-1].last_frame == timeline.frames
    for before, after in pairwise(timeline.scenes):
        assert before.last_frame == after.first_frame
        assert before.frames > 0


def test_a_scene_is_on_screen_while_it_is_spoken():
    plan = plan_of(words=LONG)
    timeline = build_timeline(plan, narration_of(plan), orientation="landscape")
    per_scene = len(timeline.words) // len(timeline.scenes)
    for number, scene in enumerate(timeline.scenes):
        words = timeline.words[number * per_scene : (number + 1) * per_scene]
        assert scene.first_frame / timeline.fps <= words[0].start_seconds + 1e-6
        assert words[-1].end_seconds <= scene.last_frame / timeline.fps + 1e-6


def test_sound_is_cut_where_the_words_are(timeline):
    for cut in timeline.cuts:
        shift = cut.start - cut.source_start
        inside = [word for word in timeline.narration.words if cut.source_start - 1e-9 <= word.start_seconds < cut.source_end]
        moved = {round(word.start_seconds + shift, 6) for word in inside}
        assert moved <= {round(word.start_seconds, 6) for word in timeline.words}
    assert timeline.words[-1].end_seconds < timeline.duration_seconds


def test_captions_are_in_order_and_cover_every_word(timeline):
    assert [word for cue in timeline.captions for word in cue.words] == list(timeline.words)
    assert coverage(timeline.captions, timeline.words) >= 0.98
    for before, after in pairwise(timeline.captions):
        assert before.start_seconds < before.end_seconds <= after.start_seconds


def test_captions_fit_two_lines_of_their_band(timeline):
    style = CAPTION_STYLES[timeline.orientation]
    for cue in timeline.captions:
        assert len(cue.lines) <= 2
        for line in cue.lines:
            assert width_of(drawable(" ".join(word.text for word in line)), "bold", style.size) <= style.width + 4


def test_the_srt_file_is_the_captions(timeline):
    events = pysubs2.SSAFile.from_string(to_srt(timeline)).events
    assert [event.plaintext for event in events] == [cue.text for cue in timeline.captions]
    for event, cue in zip(events, timeline.captions, strict=True):
        assert abs(event.start / 1000 - cue.start_seconds) <= 0.001
        assert abs(event.end / 1000 - cue.end_seconds) <= 0.001
    assert all(before.end <= after.start for before, after in pairwise(events))


def test_a_short_leaves_scenes_out_until_it_is_short_enough():
    plan = plan_of(words=LONG * 2)
    narration = narration_of(plan)
    assert build_timeline(plan, narration, orientation="landscape").duration_seconds > 60
    short = build_timeline(plan, narration, orientation="portrait")
    assert short.duration_seconds <= SHORT_SECONDS
    assert (short.scenes[0].visual, short.scenes[-1].visual) == (VISUALS[0], VISUALS[-1])
    assert coverage(short.captions, short.words) >= 0.98


def test_a_short_keeps_what_the_plan_marks_and_both_ends():
    plan = plan_of()
    marked = replace(
        plan, scenes=tuple(Scene(scene.narration, scene.visual, number == 2) for number, scene in enumerate(plan.scenes))
    )
    short = build_timeline(marked, narration_of(marked), orientation="portrait")
    assert [scene.visual for scene in short.scenes] == [VISUALS[0], VISUALS[2], VISUALS[-1]]


@pytest.mark.parametrize("said", ["Something else entirely.", "It gained 3.4M views. And more."])
def test_a_narration_of_other_words_is_refused(said):
    plan = plan_of(VISUALS[0])
    with pytest.raises(InvalidInput):
        build_timeline(plan, narration_of(replace(plan, scenes=(Scene(said, VISUALS[0]),))), orientation="landscape")


def test_equal_inputs_have_equal_digests(timeline):
    plan = plan_of(words=LONG)
    again = build_timeline(plan, narration_of(plan), orientation=timeline.orientation)
    assert again.digest == timeline.digest
    assert replace(again, title="Other").digest != timeline.digest


@given(st.lists(st.text("abcdefgh 0123456789%.,!?漢👋ü", min_size=1, max_size=60), min_size=1, max_size=4), st.floats(0.05, 0.6))
def test_any_script_can_be_laid_out(lines, pace):
    lines = [line + " word" for line in lines]
    plan = replace(plan_of(), scenes=tuple(Scene(line, VISUALS[0]) for line in lines))
    for orientation in ("landscape", "portrait"):
        timeline = build_timeline(plan, narration_of(plan, seconds_per_word=pace), orientation=orientation)
        assert coverage(timeline.captions, timeline.words) >= 0.98
        assert all(before.end_seconds <= after.start_seconds for before, after in pairwise(timeline.captions))


def test_coverage_counts_what_can_be_read_while_it_is_heard():
    plan = plan_of(VISUALS[0])
    timeline = build_timeline(plan, narration_of(plan), orientation="landscape")
    late = [replace(cue, start_seconds=cue.start_seconds + 0.6) for cue in timeline.captions]
    assert coverage(late, timeline.words) == pytest.approx(0.5)
    assert coverage([], timeline.words) == 0
    assert coverage([], [Word("x", 1, 1)]) == 1


@pytest.mark.parametrize("orientation", ["landscape", "portrait"])
def test_no_caption_stays_when_the_next_scene_comes_in(orientation):
    plan = plan_of(words=LONG)
    timeline = build_timeline(plan, narration_of(plan), orientation=orientation)
    starts = [scene.first_frame / timeline.fps for scene in timeline.scenes[1:]]
    for cue in timeline.captions:
        for start in starts:
            assert not cue.start_seconds < start - 0.02 < cue.end_seconds - 0.04, (cue.text, start)


@pytest.mark.parametrize(
    ("text", "together"),
    [
        ("Yesterday the new film by Christopher Nolan was seen more often than all others of this week", "Christopher Nolan"),
        ("Since the start of this very long month it has gained 3.4 million views in all of the countries", "3.4 million views"),
        ("They drove on through the whole night for more than 400 kilometers until the road was at its end", "400 kilometers"),
        ("Nobody had thought that a video about a game like Grand Theft Auto would be the first one today", "Grand Theft Auto"),
    ],
)
@pytest.mark.parametrize("orientation", ["landscape", "portrait"])
def test_no_line_and_no_cue_breaks_a_name_a_number_or_a_unit(text, together, orientation):
    plan = plan_of(words=text)
    timeline = build_timeline(plan, narration_of(plan), orientation=orientation)
    lines = [" ".join(word.text for word in line) for cue in timeline.captions for line in cue.lines]
    assert sum(together in line for line in lines) == text.count(together) * len(timeline.scenes), lines
