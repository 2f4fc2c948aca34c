"""Stand-ins for the ports of generation that remember what was done to them, and values to begin with."""

from __future__ import annotations

import io
import itertools
import wave
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from connectors.media.language import Writing
from connectors.media.speech import caption_words, time_sentences
from connectors.media.voice import Narration, VoiceCapabilities, Word
from connectors.youtube.models import UploadedVideo, VideoUpload
from core.clock import FrozenClock
from core.errors import NotFound, UnknownName, YtempireError
from core.ids import ChannelId, LaneId, SlotId, VideoId
from core.ledger.cost import CostLedger
from core.ledger.store import MemoryLedgerStore
from core.money import UsdMicros
from generation.artifacts import ArtifactStore
from generation.budget import Budget
from generation.values import (
    Artifact,
    Channel,
    ChartSnapshot,
    Deferral,
    Lane,
    OutboxRow,
    PastOutcome,
    PastVideo,
    PublicationState,
    QualityVerdict,
    Reading,
    Review,
    RisingTopic,
    RisingVideo,
)

DAY = date(2026, 6, 7)
MOMENT = datetime(2026, 6, 7, 12, tzinfo=UTC)
CLOCK = FrozenClock(MOMENT)
CHANNEL = Channel(
    channel_id="UCpulse",
    handle="pixel-pulse",
    title="Pixel Pulse",
    niche="gaming",
    category_id=20,
    timezone="America/New_York",
    language="en",
)
LANE = Lane(lane_id="pixel-pulse.evening", channel=CHANNEL, publish_local_time=time(18))
SLOT = SlotId(date(2026, 6, 8), LaneId(LANE.lane_id))
SNAPSHOT = ChartSnapshot(on_date=DAY, read_at=MOMENT, regions=("AU", "CA", "GB", "IN", "US"), entries_count=250)


def video(number: int, title: str, gain: int | None = 100_000, **changes: Any) -> RisingVideo:
    """A charting video; `number` makes its id, its channel and its views distinct."""
    values: dict[str, Any] = {
        "on_date": DAY,
        "video_id": f"video{number:06d}",
        "title": title,
        "channel_id": f"UCchannel{number}",
        "channel_title": f"Channel {'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[number % 26]}",
        "views": 1_000_000 + 7 * number + (gain or 0),
        "views_gained_24h": gain,
        "growth_pct": None if gain is None else 100 * gain / 1_000_000,
        "countries_count": 3,
        "best_rank": 4,
        "age_hours": 30.0,
    }
    return RisingVideo(**{**values, **changes})


def gaming_videos() -> list[RisingVideo]:
    """A niche of twelve charting videos, three of them with one game in the title."""
    named = [
        video(1, "Modern Warfare 4 | Official Reveal Trailer", 2_345_678, countries_count=5, best_rank=1),
        video(2, "I played Modern Warfare 4 early", 640_000),
        video(3, "Modern Warfare 4: 10 details you missed", 46_100),
    ]
    others = (
        "Speedrunning A Cursed Castle",
        "Building The Tallest Tower",
        "Our Quiet Farm",
        "Lost In The Caves",
        "Race To The Moon",
    )
    more = ("Cooking With Goblins", "The Hidden Level", "Beating The Last Boss", "A Very Small Village")
    return named + [video(number, title, 300_000 - 20_000 * number) for number, title in enumerate((*others, *more), start=4)]


@dataclass
class FakeWarehouse:
    """A warehouse of given videos, topics and past."""

    videos: list[RisingVideo] = field(default_factory=gaming_videos)
    topics: list[RisingTopic] = field(default_factory=list)
    past: list[PastVideo] = field(default_factory=list)
    everything: list[RisingVideo] = field(default_factory=list)
    known_snapshot: ChartSnapshot | None = SNAPSHOT

    def __post_init__(self) -> None:
        if not self.topics and self.videos and "Modern Warfare" in self.videos[0].title:
            ids = tuple(one.video_id for one in self.videos[:3])
            self.topics = [
                RisingTopic(
                    on_date=DAY,
                    topic_id="modern warfare",
                    title="modern warfare",
                    new_channels_count=2,
                    momentum=1.1,
                    video_ids=ids,
                )
            ]

    def channel(self, handle: str) -> Channel:
        if handle != CHANNEL.handle:
            raise UnknownName(f"No channel has the handle {handle!r}.")
        return CHANNEL

    def lane(self, lane_id: LaneId) -> Lane:
        if lane_id != LANE.lane_id:
            raise UnknownName(f"No lane is called {lane_id!r}.")
        return LANE

    def lanes(self) -> list[Lane]:
        return [LANE]

    def snapshot(self, moment: datetime) -> ChartSnapshot | None:
        return self.known_snapshot if self.known_snapshot and self.known_snapshot.read_at <= moment else None

    def charting_videos(self, snapshot: ChartSnapshot, category_id: int | None, limit: int) -> list[RisingVideo]:
        videos = self.videos if category_id is not None else self.everything or self.videos
        return sorted(videos, key=lambda one: -(one.views_gained_24h or -1))[:limit]

    def rising_topics(self, snapshot: ChartSnapshot, category_id: int, limit: int) -> list[RisingTopic]:
        return self.topics[:limit]

    def readings(self, video_ids: Sequence[str], moment: datetime) -> list[Reading]:
        known = {one.video_id: one for one in (*self.videos, *self.everything)}
        return [
            Reading(video_id=video_id, read_at=MOMENT - timedelta(days=days), views=known[video_id].views // (days + 1))
            for days in (3, 2, 1, 0)
            for video_id in video_ids
        ]

    def past_videos(self, channel_id: str, since: datetime, moment: datetime) -> list[PastVideo]:
        return [one for one in self.past if since <= one.published_at]

    def past_outcomes(self, channel_id: str, moment: datetime, limit: int) -> list[PastOutcome]:
        return []


@dataclass(frozen=True)
class Score:
    """An answer of any of the three models."""

    video_id: str = ""
    p_breakout: float = 0.0
    likelihood: float = 51.0
    ctr: float = 0.04
    is_thumbnail_used: bool = True
    model_version: str = "1-fake"


@dataclass
class FakeScorer:
    """A model that likes what it is told to like."""

    breakout: Mapping[str, float] = field(default_factory=dict)
    ctrs: Sequence[float] = (0.03, 0.05, 0.04, 0.02)
    sees_pictures: bool = True
    asked: list[Mapping[str, Any]] = field(default_factory=list)
    """Drafts that it was asked about."""

    def trend(self, video_ids: Sequence[str], /) -> list[Score]:
        return [Score(video_id, self.breakout.get(video_id, 0.05)) for video_id in video_ids]

    def quality(self, items: Sequence[Mapping[str, Any]], /) -> list[Score]:
        self.asked += items
        return [Score() for _ in items]

    def ctr(self, items: Sequence[Mapping[str, Any]], /) -> list[Score]:
        self.asked += items
        rates = itertools.cycle(self.ctrs) if self.sees_pictures else itertools.repeat(0.04)
        return [Score(ctr=rate, is_thumbnail_used=self.sees_pictures) for _, rate in zip(items, rates, strict=False)]


@dataclass
class FakeVoice:
    """A voice that says each word in a third of a second, and can be made to fail."""

    is_hosted: bool = False
    failure: YtempireError | None = None
    spoken: list[str] = field(default_factory=list)
    name: str = "fake"
    languages: frozenset[str] = frozenset({"en"})

    @property
    def capabilities(self) -> VoiceCapabilities:
        return VoiceCapabilities(self.name, self.languages, self.is_hosted, 10 if self.is_hosted else 0)

    def speak(self, text: str, *, language: str) -> Narration:
        if self.failure is not None:
            raise self.failure
        self.spoken.append(text)
        captions = caption_words(text, language=language)
        words = tuple(Word(caption.text, at / 3, (at + 0.9) / 3) for at, caption in enumerate(captions))
        sound = io.BytesIO()
        with wave.open(sound, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes(b"\0\0" * (len(words) * 8000 // 3))
        return Narration(
            wav=sound.getvalue(),
            sample_rate=8000,
            words=words,
            sentences=time_sentences(captions, words),
            voice="fake",
            language=language,
            characters=len(text) if self.is_hosted else 0,
            cost_usd_micros=UsdMicros(10 * len(text) if self.is_hosted else 0),
        )


@dataclass
class FakeLanguage:
    """A writer that answers with what a function makes of the data it is given."""

    answer: Callable[[Mapping[str, Any]], dict[str, Any]]
    failure: YtempireError | None = None
    asked: list[Mapping[str, Any]] = field(default_factory=list)
    name: str = "fake writer"

    def estimate_usd_micros(self, prompt: str, data: Mapping[str, Any], schema: Mapping[str, Any]) -> UsdMicros:
        return UsdMicros(5_000)

    def write(self, prompt: str, data: Mapping[str, Any], schema: Mapping[str, Any]) -> Writing:
        self.asked.append(data)
        if self.failure is not None:
            raise self.failure
        return Writing(self.answer(data), self.name, 900, 300, UsdMicros(2_000))


class Crash(BaseException):
    """The process dies: nothing catches this."""


@dataclass
class Channelside:
    """A channel at the service: sessions and videos. It outlives the process that uploads to it."""

    sessions: dict[str, str | None] = field(default_factory=dict)
    videos: list[VideoUpload] = field(default_factory=list)
    pictures: dict[str, bytes] = field(default_factory=dict)


@dataclass
class FakeUploader:
    """Uploads to a `Channelside`, and dies at the given point of its way, if any."""

    service: Channelside
    crash_at: str = ""
    thumbnail_failure: YtempireError | None = None
    upload_failure: YtempireError | None = None

    def upload(
        self, film: Path, upload: VideoUpload, *, on_session: Callable[[str], None], session_uri: str | None = None
    ) -> UploadedVideo:
        if self.upload_failure is not None:
            raise self.upload_failure
        if session_uri is None or session_uri not in self.service.sessions:
            self._point("before the session")
            session_uri = f"https://upload/{len(self.service.sessions)}"
            self.service.sessions[session_uri] = None
            self._point("before the session is noted")
            on_session(session_uri)
        self._point("before the bytes")
        if self.service.sessions[session_uri] is None:
            self.service.videos.append(upload)
            self.service.sessions[session_uri] = f"vid{len(self.service.videos)}"
        self._point("after the bytes")
        video_id = self.service.sessions[session_uri]
        assert video_id is not None
        return UploadedVideo(VideoId(video_id), ChannelId(CHANNEL.channel_id), "private", upload.publish_at)

    def finished(self, film: Path, upload: VideoUpload, session_uri: str) -> UploadedVideo | None:
        video_id = self.service.sessions.get(session_uri)
        return UploadedVideo(VideoId(video_id), ChannelId(CHANNEL.channel_id), "public", None) if video_id else None

    def set_thumbnail(self, video_id: VideoId, image: Path) -> None:
        if self.thumbnail_failure is not None:
            raise self.thumbnail_failure
        self._point("before the picture")
        if not any(found == video_id for found in self.service.sessions.values()):
            raise NotFound(f"There is no video {video_id}.")
        self.service.pictures[video_id] = image.read_bytes()
        self._point("after the picture")

    def _point(self, name: str) -> None:
        if name == self.crash_at:
            raise Crash(name)


class MemoryOutbox:
    """An outbox whose rows outlive a crash, as a committed transaction does."""

    def __init__(self) -> None:
        self.rows: dict[str, OutboxRow] = {}
        self.claimed: set[str] = set()
        self.deferrals: dict[str, Deferral] = {}

    @contextmanager
    def claim(self, slot: SlotId) -> Iterator[None]:
        self.claimed.add(str(slot))
        try:
            yield
        finally:
            self.claimed.remove(str(slot))

    def get(self, slot: SlotId) -> OutboxRow | None:
        return self.rows.get(str(slot))

    def waits_until(self, channel_id: str, now: datetime) -> datetime | None:
        rows = (self.rows[slot] for slot, what in self.deferrals.items() if what in (Deferral.CHANNEL, Deferral.QUOTA))
        return max((row.deferred_until for row in rows if row.deferred_until and row.deferred_until > now), default=None)

    def taken(self, channel_id: str) -> set[datetime]:
        return {row.publish_at for row in self.rows.values() if row.publish_at and row.state is not PublicationState.FAILED}

    def defer(self, slot: SlotId, until: datetime, what_for: Deferral, why: str) -> None:
        self.deferrals[str(slot)] = what_for
        self._change(slot, deferred_until=until, note=why)

    def redate(self, slot: SlotId, publish_at: datetime) -> OutboxRow:
        self._change(slot, publish_at=publish_at, session_uri="", deferred_until=publish_at)
        return self.rows[str(slot)]

    def plan(self, row: OutboxRow) -> OutboxRow:
        standing = self.rows.get(row.slot)
        if standing is None or not (standing.session_uri or standing.video_id):
            self.rows[row.slot] = row.model_copy(update={"deferred_until": standing and standing.deferred_until})
        return self.rows[row.slot]

    def record_session(self, slot: SlotId, session_uri: str) -> None:
        self._change(slot, state=PublicationState.UPLOADING, session_uri=session_uri, note="")

    def record_upload(self, slot: SlotId, video_id: str) -> None:
        self._change(slot, state=PublicationState.UPLOADED, video_id=video_id, session_uri="", deferred_until=None, note="")

    def record_thumbnail(self, slot: SlotId) -> None:
        self._change(slot, has_thumbnail=True, deferred_until=None, note="")

    def record_failure(self, slot: SlotId, error: str, is_final: bool) -> None:
        state = {"state": PublicationState.FAILED} if is_final and not self.rows[str(slot)].video_id else {}
        self._change(slot, note=error, **state)

    def _change(self, slot: SlotId, **changes: Any) -> None:
        assert str(slot) in self.claimed
        self.rows[str(slot)] = self.rows[str(slot)].model_copy(update=changes)


class MemoryReviews:
    """Questions about films that Ada answers."""

    def __init__(self) -> None:
        self.asked: dict[str, Review] = {}

    def ask(self, slot: SlotId, film: Artifact, why: str, verdict: QualityVerdict, now: datetime) -> Review:
        standing = self.asked.get(str(slot))
        if standing is None or standing.film != film:
            about = {"slot": str(slot), "title": "", "publish_at": now, "is_uploaded": False, "thumbnail": film, "asked_at": now}
            self.asked[str(slot)] = Review(**about, film=film, why=why, verdict=verdict)
        return self.asked[str(slot)]

    def decide(self, slot: SlotId, *, is_approved: bool, reason: str, now: datetime) -> Review:
        decided = {"is_approved": is_approved, "reason": reason, "decided_by": "Ada", "decided_at": now}
        self.asked[str(slot)] = self.asked[str(slot)].model_copy(update=decided)
        return self.asked[str(slot)]


def budget(artifacts: ArtifactStore, cap_usd_micros: int = 500_000, ledger: CostLedger | None = None) -> Budget:
    """A purse for SLOT."""
    return Budget(ledger or CostLedger(MemoryLedgerStore()), artifacts, SLOT, cap_usd_micros, CLOCK)
