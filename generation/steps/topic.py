"""`video/topic`: what a slot's video is about, by a weighted score whose every part is kept with its reason.

Candidates are the topics that several channels of the niche chart with, and single videos that stand out. Nothing is taken
that the channel told about in the last 14 days. When nothing is left, the video is an overview of the niche."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import fmean

from core.clock import Clock
from core.errors import NotReady
from core.ids import SlotId
from generation.ports import Scorer, Warehouse
from generation.values import Candidate, Channel, ChartSnapshot, PastVideo, RisingTopic, RisingVideo, TopicChoice, TopicKind
from generation.writing.facts import known_gain, sayable
from generation.writing.numbers import counted, short_count
from generation.writing.titles import contains_words, named_topic, shared_run, similarity

WEIGHTS = {"breakout": 0.30, "gain": 0.25, "momentum": 0.15, "breadth": 0.15, "clarity": 0.15}
"""What a candidate's parts count. They add up to 1."""

NO_REPETITION = timedelta(days=14)
MAX_SIMILARITY = 0.6
"""Share of words that a candidate's name may have in common with a recent title."""

_EVERYTHING = "YouTube"
_MIN_SCOPE = 3
_MAX_SCORED = 60
_MAX_SCOPE = 250
_MAX_BEHIND = 8
_MAX_TOPICS = 60
_MAX_KEPT = 8
_TOP_VIDEOS = 12
_CLARITY = {1: 0.3, 2: 1.0}  # a single word of titles is often no subject ("survived"), a pair nearly always is
_VIDEO_CLARITY = 0.7
_MIN_CHANNELS = {1: 3}
"""Channels that must share a topic, by its number of words; 2 unless said here."""


@dataclass(frozen=True)
class _Field:
    """What all candidates are measured against."""

    videos: Mapping[str, RisingVideo]
    breakout: Mapping[str, float]
    past: Sequence[PastVideo] = field(default=())

    @property
    def largest_gain(self) -> int:
        return max((_gain_as_rank(video) for video in self.videos.values()), default=0)


def choose_topic(slot: SlotId, warehouse: Warehouse, scorer: Scorer, clock: Clock) -> TopicChoice:
    """Choose the topic of a slot's video from what the warehouse knows at the clock's moment.

    Raises UnknownName for a lane that is not connected, NotReady when no charts are known yet, and the scorer's errors.
    """
    moment = clock.now()
    channel = warehouse.lane(slot.lane).channel
    snapshot = warehouse.snapshot(moment)
    if snapshot is None:
        raise NotReady(f"No charts are known at {moment:%Y-%m-%d %H:%M} UTC.", "Run the day's data first: ytempire run.")
    scope, videos = _scope(warehouse, channel, snapshot)
    scores = scorer.trend([video.video_id for video in videos[:_MAX_SCORED]])
    past = [
        video for video in warehouse.past_videos(channel.channel_id, moment - NO_REPETITION, moment) if video.slot != str(slot)
    ]
    around = _Field({video.video_id: video for video in videos}, {score.video_id: score.p_breakout for score in scores}, past)
    topics = warehouse.rising_topics(snapshot, channel.category_id, _MAX_TOPICS) if scope != _EVERYTHING else []
    shared = _topic_candidates(topics, around)
    told = [candidate for candidate in shared if candidate.excluded]
    candidates = _ranked([*shared, *_video_candidates(videos[:_TOP_VIDEOS], around, told)])
    chosen = next((candidate for candidate in candidates if not candidate.excluded), None) or _overview(scope, videos)
    behind = _behind(chosen, around)
    return TopicChoice(
        slot=str(slot),
        channel=channel,
        scope=scope,
        kind=chosen.kind,
        topic_id=chosen.topic_id,
        headline=chosen.headline,
        score=chosen.score,
        reason=_reason(chosen, candidates),
        candidates=tuple(candidates[:_MAX_KEPT]),
        videos=behind,
        scope_videos=tuple(videos),
        snapshot=snapshot,
        breakout=dict(around.breakout),
        trend_model_version=scores[0].model_version if scores else "",
        readings=tuple(warehouse.readings([video.video_id for video in behind], moment)),
    )


def _scope(warehouse: Warehouse, channel: Channel, snapshot: ChartSnapshot) -> tuple[str, list[RisingVideo]]:
    """The niche and its charting videos, or all of YouTube's when the niche has next to none."""
    videos = warehouse.charting_videos(snapshot, channel.category_id, _MAX_SCOPE)
    if len(videos) >= _MIN_SCOPE:
        return named_topic(channel.niche), videos
    everything = warehouse.charting_videos(snapshot, None, _MAX_SCOPE)
    if not everything:
        raise NotReady(f"The charts of {snapshot.on_date} hold no video.", "Run the day's data again: ytempire run.")
    return _EVERYTHING, everything


def _topic_candidates(topics: Sequence[RisingTopic], around: _Field) -> list[Candidate]:
    found: list[Candidate] = []
    seen: set[frozenset[str]] = set()
    for topic in sorted(topics, key=lambda topic: -len(topic.topic_id.split())):  # pairs first: they name more
        behind = [around.videos[video_id] for video_id in topic.video_ids if video_id in around.videos]
        ids = frozenset(video.video_id for video in behind)
        needed = _MIN_CHANNELS.get(len(topic.topic_id.split()), 2)
        if len({video.channel_id for video in behind}) < needed or ids in seen:
            continue
        seen.add(ids)
        found.append(_topic_candidate(topic, behind, around))
    return found


def _topic_candidate(topic: RisingTopic, behind: Sequence[RisingVideo], around: _Field) -> Candidate:
    gains = [gain for gain in map(known_gain, behind) if gain is not None]
    gain, countries = sum(gains), max(video.countries_count for video in behind)
    channels = len({video.channel_id for video in behind})
    name = sayable(named_topic(shared_run([video.title for video in behind], topic.topic_id)))
    parts = {
        "breakout": _standing([around.breakout[video.video_id] for video in behind if video.video_id in around.breakout], around),
        "gain": _log_share(gain, around.largest_gain),
        "momentum": _share(topic.momentum, math.log(3)),  # three times the channels of two days before
        "breadth": (min(channels / 6, 1.0) + min(countries / 5, 1.0)) / 2,
        "clarity": _CLARITY.get(len(topic.topic_id.split()), 0.4),
    }
    reasons = (
        f"{counted(len(behind), 'charting video')} of {counted(channels, 'channel')}",
        f"{short_count(gain)} views gained in a day" if gains else "",
        _breakout_reason(behind, around),
        "channels with it doubled or more in two days" if topic.momentum is not None and topic.momentum >= math.log(2) else "",
    )
    return _candidate(TopicKind.TOPIC, topic.topic_id, name, parts, reasons, behind, around.past)


def _video_candidates(videos: Sequence[RisingVideo], around: _Field, told: Sequence[Candidate]) -> list[Candidate]:
    found = [_video_candidate(video, around) for video in videos if known_gain(video)]
    return [candidate.model_copy(update={"excluded": candidate.excluded or _same_topic(candidate, told)}) for candidate in found]


def _same_topic(candidate: Candidate, told: Sequence[Candidate]) -> str:
    """Why a single video is not taken when the topic that it belongs to was told about lately."""
    return next((topic.excluded for topic in told if contains_words(candidate.headline, topic.headline)), "")


def _video_candidate(video: RisingVideo, around: _Field) -> Candidate:
    parts = {
        "breakout": _standing([around.breakout[video.video_id]] if video.video_id in around.breakout else [], around),
        "gain": _log_share(_gain_as_rank(video), around.largest_gain),
        "momentum": _share(video.growth_pct, 100),
        "breadth": (1 / 6 + min(video.countries_count / 5, 1.0)) / 2,
        "clarity": _VIDEO_CLARITY,
    }
    reasons = (
        f"{short_count(_gain_as_rank(video))} views gained in a day",
        f"on the charts of {counted(video.countries_count, 'country', 'countries')}, best place {video.best_rank}",
        _breakout_reason([video], around),
    )
    return _candidate(TopicKind.VIDEO, f"video:{video.video_id}", sayable(video.title, 48), parts, reasons, [video], around.past)


def _candidate(
    kind: TopicKind,
    topic_id: str,
    headline: str,
    parts: dict[str, float],
    reasons: Sequence[str],
    behind: Sequence[RisingVideo],
    past: Sequence[PastVideo],
) -> Candidate:
    return Candidate(
        kind=kind,
        topic_id=topic_id,
        headline=headline or topic_id,
        score=round(100 * sum(WEIGHTS[name] * value for name, value in parts.items()), 1),
        parts={name: round(value, 3) for name, value in parts.items()},
        reasons=tuple(filter(None, reasons)),
        video_ids=tuple(video.video_id for video in behind),
        excluded=_exclusion(headline, past),
    )


def _exclusion(headline: str, past: Sequence[PastVideo]) -> str:
    if not headline:
        return "its name cannot be said: another script, or a listed term"
    for video in past:
        if contains_words(video.title, headline) or similarity(video.title, headline) >= MAX_SIMILARITY:
            return f"told on {video.published_at:%Y-%m-%d}: {video.title}"
    return ""


def _ranked(candidates: list[Candidate]) -> list[Candidate]:
    return sorted(candidates, key=lambda candidate: (-candidate.score, candidate.topic_id))


def _overview(scope: str, videos: Sequence[RisingVideo]) -> Candidate:
    return Candidate(
        kind=TopicKind.OVERVIEW,
        topic_id=f"overview:{scope.lower()}",
        headline=scope,
        score=0.0,
        parts={},
        reasons=("no topic or single video is rising that the channel did not tell about lately",),
        video_ids=tuple(video.video_id for video in videos[:_MAX_BEHIND]),
    )


def _behind(chosen: Candidate, around: _Field) -> tuple[RisingVideo, ...]:
    videos = sorted(
        (around.videos[video_id] for video_id in chosen.video_ids), key=lambda video: (-_gain_as_rank(video), -video.views)
    )
    return tuple(videos[:_MAX_BEHIND]) if chosen.kind is TopicKind.OVERVIEW else tuple(videos)


def _reason(chosen: Candidate, candidates: Sequence[Candidate]) -> str:
    lead = f"{chosen.headline} ({chosen.score:.0f} of 100): {'; '.join(chosen.reasons)}."
    passed = [candidate for candidate in candidates if candidate.excluded and candidate.score > chosen.score]
    return f"{lead} Passed over: {passed[0].headline}, {passed[0].excluded}." if passed else lead


def _gain_as_rank(video: RisingVideo) -> int:
    """A gain for an order and a score, which earn nothing from what is not known; never said."""
    gain = known_gain(video)
    return 0 if gain is None else gain


def _share(value: float | None, whole: float) -> float:
    """A part of a score, 0 to 1; it earns nothing from what is not known."""
    return 0.0 if value is None else min(max(value, 0.0) / whole, 1.0)


def _log_share(gain: int, largest: int) -> float:
    """Where a gain stands between 1 and the niche's largest, on a log scale; gains of several videos may pass it."""
    return min(math.log1p(gain) / math.log1p(largest), 1.0) if largest else 0.0


def _standing(chances: Sequence[float], around: _Field) -> float:
    """Share of all scored videos that the mean of the candidate's best three chances beats."""
    if not chances or not around.breakout:
        return 0.0
    mean = fmean(sorted(chances, reverse=True)[:3])
    return sum(chance < mean for chance in around.breakout.values()) / len(around.breakout)


def _breakout_reason(behind: Sequence[RisingVideo], around: _Field) -> str:
    chances = [around.breakout[video.video_id] for video in behind if video.video_id in around.breakout]
    return f"trend model: {max(chances):.0%} chance that the best of them breaks out" if chances else ""
