"""What is made of a channel's own description and its last videos, whatever YouTube leaves out or garbles."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.youtube.niches import NICHES, UNKNOWN, suggest_niche
from connectors.youtube.profiles import LAST_VIDEOS, baseline_of, profile_of, read_profile
from core.errors import Damaged
from tests.unit.connectors.scripted import json_answer
from tests.unit.connectors.youtube.conftest import CHANNEL, NOW, TOKEN, Scene

CHANNEL_RESOURCE = {
    "id": "UC1",
    "snippet": {"title": "Deep <b>Dives</b>", "customUrl": "@Deep.Dives_1", "country": "GB", "description": "d"},
    "statistics": {"subscriberCount": "1200", "viewCount": "90000", "videoCount": "3"},
    "contentDetails": {"relatedPlaylists": {"uploads": "UU1"}},
}


def video(title: str = "t", category: str = "27", age_days: float = 7, **statistics: str) -> dict[str, Any]:
    snippet = {"title": title, "categoryId": category, "publishedAt": (NOW - timedelta(days=age_days)).isoformat()}
    return {"id": "v", "snippet": snippet, "statistics": statistics}


def test_a_profile_is_put_together() -> None:
    videos = [video("History of tea", viewCount="100", likeCount="8", commentCount="2") for _ in range(3)]
    videos[0]["snippet"]["defaultAudioLanguage"] = "en-GB"
    profile = profile_of(CHANNEL_RESOURCE, videos, NOW)
    assert (profile.handle, profile.title, profile.country, profile.language) == ("deep.dives_1", "Deep <b>Dives</b>", "GB", "en")
    assert (profile.niche, profile.category_id) == ("education", 27)
    assert (profile.subscribers_count, profile.views_count, profile.videos_count) == (1200, 90000, 3)
    assert [lane.is_active for lane in profile.lanes] == [False]


def test_baseline_figures() -> None:
    videos = [video(viewCount=str(views), likeCount="5", commentCount="5", age_days=age) for views, age in ((100, 1), (200, 14))]
    videos.append(video(viewCount="1000", age_days=7))  # likes are hidden
    videos.append(video(viewCount="150", likeCount="15", age_days=7))  # comments are off
    assert baseline_of(videos, NOW) == {
        "videos_count": 4,
        "views_median": 175,
        "engagement_median": 0.075,
        "uploads_per_week": 2.0,
        "measured_at": NOW.isoformat(),
    }


def test_a_channel_without_videos_has_no_figures() -> None:
    figures = baseline_of([], NOW)
    assert figures["videos_count"] == 0
    assert {figures[name] for name in ("views_median", "engagement_median", "uploads_per_week")} == {None}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(
    channel=st.fixed_dictionaries({"id": st.just("UC1")}, optional={"snippet": JSON, "statistics": JSON}),
    parts=st.lists(
        st.fixed_dictionaries(dict.fromkeys(("categoryId", "title", "tags", "defaultLanguage", "publishedAt"), JSON)),
        max_size=3,
    ),
    statistics=st.fixed_dictionaries({"viewCount": JSON, "likeCount": JSON, "commentCount": JSON}),
)
def test_whatever_youtube_garbles_a_profile_is_made(channel: Any, parts: list[Any], statistics: Any) -> None:
    videos = [{"snippet": part, "statistics": statistics} for part in parts]
    profile = profile_of(channel, videos, NOW)
    assert profile.handle
    assert profile.title
    assert profile.subscribers_count is None or profile.subscribers_count >= 0
    assert not set("|/ ") & set(profile.handle)


def test_a_title_commands_no_terminal() -> None:
    profile = profile_of({"id": "UC1", "snippet": {"title": "\x1b[2JTea\x00 time\x07", "description": "one\ntwo"}}, [], NOW)
    assert (profile.title, profile.description) == ("[2JTea time", "one\ntwo")


def test_a_channel_without_id_is_damaged() -> None:
    with pytest.raises(Damaged):
        profile_of({"snippet": {}}, [], NOW)


@pytest.mark.parametrize(
    ("titles", "category", "niche"),
    [
        (["I beat Minecraft in an hour"], "20", "gaming"),
        (["How to invest your first money", "Stocks explained"], "27", "finance"),
        (["Ten chords for beginners"], "10", "music"),
        (["Seltsame Dinge"], "99", UNKNOWN),
        ([], "20", UNKNOWN),
    ],
)
def test_the_niche_is_suggested_by_category_and_words(titles: list[str], category: str, niche: str) -> None:
    assert suggest_niche([video(title, category) for title in titles]) == niche


def test_a_word_within_a_word_says_nothing() -> None:
    assert suggest_niche([video("scargame aicarpet", "99")]) == UNKNOWN


def test_niches_are_told_apart() -> None:
    assert len({niche.name for niche in NICHES}) == len(NICHES)
    assert all(word == word.lower() for niche in NICHES for word in niche.words)


def test_reading_a_profile_takes_four_calls_however_many_videos_there_are(scene: Scene) -> None:
    items = [{"contentDetails": {"videoId": f"v{n}", "videoPublishedAt": "2020-01-01T00:00:00Z"}} for n in range(LAST_VIDEOS)]
    scene.answers(
        TOKEN,
        json_answer({"items": [CHANNEL_RESOURCE]}),
        json_answer({"items": items, "nextPageToken": "more"}),
        json_answer({"items": [video(viewCount="7")]}),
    )
    profile = read_profile(scene.youtube, CHANNEL, NOW)
    assert profile.baseline["views_median"] == 7
    assert scene.spent() == 3


def test_a_channel_whose_uploads_are_gone_is_read_all_the_same(scene: Scene) -> None:
    scene.answers(TOKEN, json_answer({"items": [{"id": "UC1", "snippet": {"title": "New"}}]}))
    profile = read_profile(scene.youtube, CHANNEL, datetime(2026, 6, 8, tzinfo=UTC))
    assert (profile.title, profile.handle, profile.niche) == ("New", "UC1", UNKNOWN)


def test_videos_that_are_in_no_language_do_not_make_a_channels_language() -> None:
    videos = [video() for _ in range(4)]
    for one, tag in zip(videos, ("zxx", "und", "zxx", "pt-BR"), strict=True):
        one["snippet"]["defaultAudioLanguage"] = tag
    assert profile_of(CHANNEL_RESOURCE, videos, NOW).language == "pt"
