"""Comments of the simulated world: they grow with the clock, never change, and agree with the public count."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.simulator.comments import AGES, comment_id, comment_key
from connectors.simulator.simulation import Simulation
from connectors.simulator.values import Video
from connectors.simulator.world import World
from tests.unit.connectors.simulator.conftest import NOON

same_world = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
EVERYTHING = slice(None)


def some_video(world: World, channel: int, place: int, now: float = NOON) -> Video:
    own = world.scenario.channels[channel].channel_id
    found = world.uploads(own, now, None, slice(place, place + 1))
    assert found is not None
    return found[1][0]


def written(world: World, video: Video, now: float) -> dict[str, tuple[float, str, str, str | None]]:
    """All comments by id: what never changes of them."""
    _, threads = world.threads(video, now, False, EVERYTHING)
    found = list(threads)
    for thread in threads:
        key = comment_key(thread.comment_id)
        assert key is not None
        count, replies = world.replies(video, key[1], now, EVERYTHING)
        assert count == len(replies) == thread.replies
        found += replies
    assert all(comment.published <= now for comment in found)
    return {comment.comment_id: (comment.published, comment.text, comment.author, comment.parent_id) for comment in found}


@same_world
@given(channel=st.integers(0, 5), place=st.integers(1, 60), later=st.floats(0, 500))
def test_comments_are_only_added(synthetic: Simulation, channel: int, place: int, later: float) -> None:
    video = some_video(synthetic.world, channel, place)
    before, after = written(synthetic.world, video, NOON), written(synthetic.world, video, NOON + later)
    assert before.items() <= after.items()


@same_world
@given(channel=st.integers(0, 5), place=st.integers(0, 90), age=st.sampled_from(AGES[:9]))
def test_as_many_are_written_as_are_counted(synthetic: Simulation, channel: int, place: int, age: float) -> None:
    world = synthetic.world
    video = some_video(world, channel, place)
    now = video.published + age
    [then] = world.videos([video.video_id], now, None)
    assert len(written(world, video, now)) == then.comments


def test_replies_answer_an_earlier_comment_of_the_video(synthetic: Simulation) -> None:
    world = synthetic.world
    video = some_video(world, 2, 40)
    comments = written(world, video, NOON)
    replies = [(published, parent) for published, _, _, parent in comments.values() if parent is not None]
    assert 0.15 < len(replies) / len(comments) < 0.45
    assert all(comments[parent][0] <= published for published, parent in replies)


def test_threads_come_newest_or_most_liked_first(synthetic: Simulation) -> None:
    world = synthetic.world
    video = max((some_video(world, 2, place) for place in range(20, 60)), key=lambda video: video.comments)
    total, by_time = world.threads(video, NOON, False, EVERYTHING)
    assert total == len(by_time) > 40
    assert [comment.published for comment in by_time] == sorted((comment.published for comment in by_time), reverse=True)
    _, by_likes = world.threads(video, NOON, True, slice(0, 10))
    likes = [comment.likes for comment in by_likes]
    assert likes == sorted(likes, reverse=True) == sorted((comment.likes for comment in by_time), reverse=True)[:10]
    assert likes[0] > 0
    old = {comment.comment_id: comment.likes for comment in by_time}
    for comment in world.threads(video, NOON + 50, False, EVERYTHING)[1]:
        assert comment.likes >= old.get(comment.comment_id, 0)


def test_viewers_wish_for_hot_topics(synthetic: Simulation) -> None:
    """Among all the wishes for gaming topics, those that were hot in the month before are named more often."""
    world = synthetic.world
    wishes: Counter[str] = Counter()
    for place in range(60):
        for _, text, _, _ in written(world, some_video(world, 0, place), NOON).values():
            wishes.update(topic.name for topic in world._topics.all if topic.niche == "gaming" and topic.name in text)
    last = int(NOON // 24) + 719163
    heat = world._topics.heats(last - 60, last).mean(axis=0)
    names = [topic for topic in world._topics.all if topic.niche == "gaming"]
    counts = np.array([wishes[topic.name] for topic in names])
    assert np.corrcoef(counts, [heat[topic.number] for topic in names])[0, 1] > 0.3


def test_the_same_comments_in_another_process(synthetic: Simulation) -> None:
    video = some_video(synthetic.world, 1, 5)
    first = written(synthetic.world, video, NOON)
    assert first == {key: value for key, value in written(synthetic.world, video, NOON + 900).items() if value[0] <= NOON}
    fresh = World(synthetic.world.scenario, synthetic.world._topics, synthetic.world.market, synthetic.state, 5)
    assert written(fresh, video, NOON) == first


def test_few_videos_have_their_comments_closed(synthetic: Simulation) -> None:
    world = synthetic.world
    listed = [world.uploads(channel.channel_id, NOON, None, EVERYTHING) for channel in world.scenario.channels]
    videos = [video for found in listed if found is not None for video in found[1]]
    closed = sum(world.comments_closed(video) for video in videos)
    assert 0.005 < closed / len(videos) < 0.05


@given(st.text("abc-_09XZ", min_size=11, max_size=11), st.integers(0, 2**32 - 1), st.none() | st.integers(0, 2**32 - 1))
def test_comment_ids_come_back(video_id: str, number: int, parent: int | None) -> None:
    assert comment_key(comment_id(video_id, number, parent)) == (video_id, number)


@given(st.text(max_size=60))
def test_what_is_no_comment_id_is_told(text: str) -> None:
    key = comment_key(text)
    assert key is None or text.endswith("AaABAg")
