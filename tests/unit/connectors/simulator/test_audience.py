"""The audience model: counts add up and only grow, and people answer title, picture, length and topic as documented."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.simulator import audience
from connectors.simulator.audience import Reach, ThumbnailTraits
from connectors.simulator.calendar import pacific_edges, pacific_midnight

FIRST = 739_400
EDGES = pacific_edges(FIRST, FIRST + 29)
times = st.floats(float(EDGES[0]), float(EDGES[-1]), allow_nan=False)


def gathered(published: float, until: float, since: float = 0.0) -> np.ndarray:
    pace = 1 + 0.5 * np.sin(np.arange(30))[None, :]
    return audience.accumulate(np.array([published]), 15.0, 0.9, EDGES, pace, until, since)[0]


@given(times, times, times)
def test_attention_only_grows_with_time(published: float, first: float, second: float) -> None:
    early, late = gathered(published, min(first, second)), gathered(published, max(first, second))
    assert early[-1] <= late[-1]
    assert np.all(np.diff(late) >= 0)
    assert np.all(early <= late)


@given(times, times)
def test_nothing_happens_before_publishing(published: float, until: float) -> None:
    parts = gathered(published, until)
    assert np.all(parts[EDGES[1:] <= published] == 0)
    if until <= published:
        assert parts[-1] == 0


@given(times, times, times)
def test_parts_of_time_add_up(published: float, cut: float, until: float) -> None:
    cut = min(cut, until)
    whole = gathered(published, until)[-1]
    assert gathered(published, cut)[-1] + gathered(published, until, since=cut)[-1] == pytest.approx(whole)


def test_the_past_does_not_depend_on_how_far_one_looks() -> None:
    near, far = gathered(FIRST_NOON, FIRST_NOON + 100), gathered(FIRST_NOON, FIRST_NOON + 500)
    full_days = EDGES[1:] <= FIRST_NOON + 100
    assert np.array_equal(near[full_days], far[full_days])


FIRST_NOON = pacific_midnight(FIRST) + 12


def test_about_half_of_browse_views_come_in_the_first_day() -> None:
    share = audience.decay(np.array([24.0]), 15.0, audience.BROWSE_TAIL)[0]
    assert 0.5 < share < 0.65


@given(st.text(max_size=120), st.sampled_from(["gaming", "music", "film", "entertainment"]))
def test_any_title_has_a_bounded_appeal(title: str, niche: str) -> None:
    assert -1.2 <= audience.title_appeal(title, "", niche) <= 1.5


def test_titles_are_answered_as_documented() -> None:
    def appeal(title: str, niche: str = "gaming") -> float:
        return audience.title_appeal(title, "Cube Settlers", niche)

    plain = "Cube Settlers and the perfect little village"
    assert appeal("Why Cube Settlers has a perfect little village") > appeal(plain)
    assert appeal("7 things in Cube Settlers and its tiny village") > appeal(plain)
    assert appeal(plain.upper()) < appeal(plain)
    assert appeal(plain * 2) < appeal(plain)
    assert appeal(plain + "?", "film") - appeal(plain, "film") > appeal(plain + "?") - appeal(plain)


def test_bright_contrasty_colourful_pictures_are_clicked_more() -> None:
    good = audience.thumbnail_appeal(ThumbnailTraits(0.55, 0.3, 0.6))
    assert good > audience.thumbnail_appeal(ThumbnailTraits(0.10, 0.3, 0.6))
    assert good > audience.thumbnail_appeal(ThumbnailTraits(0.55, 0.05, 0.6))
    assert good > audience.thumbnail_appeal(ThumbnailTraits(0.55, 0.3, 0.05))


def test_long_videos_and_loud_titles_are_watched_less() -> None:
    short, long = (audience.watch_share(0.45, 400, seconds, 0.0, 0.0) for seconds in (60, 1800))
    assert short > 0.45 > long
    assert audience.title_promise("THE boss everyone missed") < 0 < audience.title_promise("Cube Settlers explained")


def drawn(**changes: float | str) -> Reach:
    given: dict[str, float | str] = {
        "subscribers": 100_000, "base_ctr": 0.05, "base_watch": 0.45, "typical_seconds": 400, "fast_hours": 15.0,
        "title": "Cube Settlers news", "topic": "Cube Settlers", "niche": "gaming", "heat": 0.0, "fit": 1.0, "depth": 0.0,
        "seconds": 400, "slot": 1.0,
    }  # fmt: skip
    return audience.answer(np.random.default_rng(3), **{**given, **changes})  # type: ignore[arg-type]


def test_reach_follows_subscribers_heat_fit_and_slot() -> None:
    usual = drawn().impressions
    assert drawn(subscribers=400_000).impressions > 2 * usual
    assert drawn(heat=1.5).impressions > usual
    assert drawn(fit=0.4).impressions < usual
    assert drawn(slot=1.1).impressions > usual
    assert drawn(heat=1.5).click_rate > drawn().click_rate
