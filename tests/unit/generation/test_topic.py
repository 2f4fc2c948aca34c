"""The topic is the best one that can be told, was not told lately, and comes with its reasons."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import FrozenClock
from core.errors import NotReady, UnknownName
from core.ids import LaneId, SlotId
from generation.steps.topic import WEIGHTS, choose_topic
from generation.values import PastVideo, RisingTopic, RisingVideo, TopicKind
from tests.unit.generation.fakes import CLOCK, DAY, MOMENT, SLOT, SNAPSHOT, FakeScorer, FakeWarehouse, gaming_videos, video


def told(title: str, days_ago: int, slot: str = "") -> PastVideo:
    return PastVideo(title=title, published_at=MOMENT - timedelta(days=days_ago), slot=slot)


def test_a_topic_that_several_channels_share_wins_over_its_own_videos() -> None:
    choice = choose_topic(SLOT, FakeWarehouse(), FakeScorer({"video000001": 0.41}), CLOCK)
    assert (choice.kind, choice.headline) == (TopicKind.TOPIC, "Modern Warfare 4")
    assert [one.video_id for one in choice.videos] == ["video000001", "video000002", "video000003"]
    assert choice.score == choice.candidates[0].score
    assert "3 charting videos of 3 channels" in choice.reason
    assert "41% chance" in choice.reason
    assert all(reading.read_at <= MOMENT for reading in choice.readings)


def test_scores_are_the_weighted_parts() -> None:
    assert sum(WEIGHTS.values()) == pytest.approx(1)
    for candidate in choose_topic(SLOT, FakeWarehouse(), FakeScorer(), CLOCK).candidates:
        assert candidate.score == pytest.approx(
            100 * sum(WEIGHTS[name] * part for name, part in candidate.parts.items()), abs=0.2
        )
        assert candidate.reasons


def test_the_trend_model_moves_the_choice() -> None:
    warehouse = FakeWarehouse(
        topics=[RisingTopic(on_date=DAY, topic_id="x", title="x", new_channels_count=0, momentum=0, video_ids=())]
    )
    plain = choose_topic(SLOT, warehouse, FakeScorer(), CLOCK)
    moved = choose_topic(SLOT, warehouse, FakeScorer({"video000002": 0.9}), CLOCK)
    assert plain.topic_id == "video:video000001"
    assert moved.topic_id == "video:video000002"


@pytest.mark.parametrize("title", ["Modern Warfare 4 Is Rising", "The numbers of MODERN WARFARE 4"])
def test_what_was_told_within_two_weeks_is_not_told_again(title: str) -> None:
    choice = choose_topic(SLOT, FakeWarehouse(past=[told(title, 5)]), FakeScorer(), CLOCK)
    assert "warfare" not in choice.headline.lower()
    assert any(title in candidate.excluded for candidate in choice.candidates)
    assert title in choice.reason


def test_older_videos_and_the_slot_itself_do_not_count_as_told() -> None:
    warehouse = FakeWarehouse(past=[told("Modern Warfare 4", 15), told("Modern Warfare 4", 0, slot=str(SLOT))])
    assert choose_topic(SLOT, warehouse, FakeScorer(), CLOCK).headline == "Modern Warfare 4"


def test_names_that_cannot_be_said_are_passed_over() -> None:
    warehouse = FakeWarehouse([video(1, "हिन्दी गाना", 9_000_000), video(2, "Onlyfans Drama", 8_000_000), *gaming_videos()[3:]])
    choice = choose_topic(SLOT, warehouse, FakeScorer(), CLOCK)
    assert choice.headline == "Speedrunning A Cursed Castle"
    assert sum("cannot be said" in candidate.excluded for candidate in choice.candidates) == 2


def test_a_niche_in_which_nothing_rises_gets_an_overview() -> None:
    still = [video(number, f"Quiet Title {number}", None) for number in range(1, 6)]
    choice = choose_topic(SLOT, FakeWarehouse(still), FakeScorer(), CLOCK)
    assert (choice.kind, choice.headline, choice.scope) == (TopicKind.OVERVIEW, "Gaming", "Gaming")
    assert len(choice.videos) == 5


def test_a_niche_with_next_to_no_charts_widens_to_all_of_youtube() -> None:
    choice = choose_topic(SLOT, FakeWarehouse([video(1, "Only One")], everything=gaming_videos()), FakeScorer(), CLOCK)
    assert choice.scope == "YouTube"
    assert choice.kind is TopicKind.VIDEO


def test_a_single_word_needs_three_channels() -> None:
    ids = ("video000001", "video000002")
    topic = RisingTopic(on_date=DAY, topic_id="warfare", title="warfare", new_channels_count=2, momentum=3, video_ids=ids)
    assert choose_topic(SLOT, FakeWarehouse(topics=[topic]), FakeScorer(), CLOCK).kind is TopicKind.VIDEO


def test_nothing_of_the_future_is_used() -> None:
    with pytest.raises(NotReady, match="No charts are known"):
        choose_topic(SLOT, FakeWarehouse(), FakeScorer(), FrozenClock(SNAPSHOT.read_at - timedelta(seconds=1)))


def test_empty_charts_and_unknown_lanes_are_told() -> None:
    with pytest.raises(NotReady, match="hold no video"):
        choose_topic(SLOT, FakeWarehouse([]), FakeScorer(), CLOCK)
    with pytest.raises(UnknownName, match=r"nobody\.evening"):
        choose_topic(SlotId(SLOT.on, LaneId("nobody.evening")), FakeWarehouse(), FakeScorer(), CLOCK)


videos = st.lists(
    st.builds(
        video,
        st.integers(1, 10_000),
        st.text(max_size=80),
        st.none() | st.integers(-10_000, 10**8),
        countries_count=st.integers(1, 5),
        best_rank=st.integers(1, 50),
    ),
    min_size=3,
    max_size=12,
    unique_by=lambda one: one.video_id,
)


@given(videos, st.booleans())
def test_any_charts_give_a_topic_the_same_one_each_time(charting: list[RisingVideo], has_topic: bool) -> None:
    topics = [
        RisingTopic(
            on_date=DAY,
            topic_id="a b",
            title="a b",
            new_channels_count=1,
            momentum=None,
            video_ids=tuple(one.video_id for one in charting),
        )
    ]
    warehouse = FakeWarehouse(charting, topics if has_topic else [])
    choice = choose_topic(SLOT, warehouse, FakeScorer(), CLOCK)
    assert choice == choose_topic(SLOT, warehouse, FakeScorer(), CLOCK)
    assert choice.headline
    assert choice.videos
    assert choice == type(choice).model_validate_json(choice.model_dump_json())
