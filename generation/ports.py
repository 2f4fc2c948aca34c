"""What the steps need from outside, as protocols. Implementations live in `serving.client`, `generation.warehouse`,
`generation.outbox`, `connectors`; `orchestration` joins them. `Voice` and `Language` are protocols of `connectors.media`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from connectors.media.language import Language
from connectors.media.voice import Voice
from connectors.youtube.models import UploadedVideo, VideoUpload
from core.ids import LaneId, SlotId, VideoId
from generation.values import (
    Artifact,
    Channel,
    ChartSnapshot,
    Deferral,
    Lane,
    OutboxRow,
    PastOutcome,
    PastVideo,
    QualityVerdict,
    Reading,
    Review,
    RisingTopic,
    RisingVideo,
)

__all__ = ["Language", "PublicationOutbox", "Reviews", "Scorer", "Uploader", "Voice", "Warehouse"]


class TrendScore(Protocol):
    """The trend model's opinion of one video."""

    @property
    def video_id(self) -> str: ...
    @property
    def p_breakout(self) -> float: ...
    @property
    def model_version(self) -> str: ...


class QualityScore(Protocol):
    """The quality model's opinion of one draft."""

    @property
    def likelihood(self) -> float: ...
    @property
    def model_version(self) -> str: ...


class CtrScore(Protocol):
    """The ctr model's opinion of one title and thumbnail; `is_thumbnail_used` tells whether the picture changed it."""

    @property
    def ctr(self) -> float: ...
    @property
    def is_thumbnail_used(self) -> bool: ...
    @property
    def model_version(self) -> str: ...


class Scorer(Protocol):
    """The champions of the three models. Answers stand in the order of the questions."""

    def trend(self, video_ids: Sequence[str], /) -> Sequence[TrendScore]:
        """Chance that each video breaks out; videos that the feature store does not know may be left out."""
        ...

    def quality(self, items: Sequence[Mapping[str, Any]], /) -> Sequence[QualityScore]:
        """Items: channel_id, title, script (or null), duration_seconds, category_id, publish_at."""
        ...

    def ctr(self, items: Sequence[Mapping[str, Any]], /) -> Sequence[CtrScore]:
        """Items: as for `quality`, and thumbnail (its measures, or null)."""
        ...


class Warehouse(Protocol):
    """The reports of the warehouse. Every method answers as of a moment: nothing known later may show."""

    def channel(self, handle: str) -> Channel:
        """A channel by its handle. Raises UnknownName."""
        ...

    def lane(self, lane_id: LaneId) -> Lane:
        """A lane by its id. Raises UnknownName."""
        ...

    def lanes(self) -> list[Lane]:
        """The active lanes, by id."""
        ...

    def snapshot(self, moment: datetime) -> ChartSnapshot | None:
        """The newest charts read up to the moment; None before the first."""
        ...

    def charting_videos(self, snapshot: ChartSnapshot, category_id: int | None, limit: int) -> list[RisingVideo]:
        """The snapshot's videos of a category (of all, for None), largest gain first, those of unknown gain last."""
        ...

    def rising_topics(self, snapshot: ChartSnapshot, category_id: int, limit: int) -> list[RisingTopic]:
        """The snapshot day's topics of a category that at least two of its channels share, largest momentum first."""
        ...

    def readings(self, video_ids: Sequence[str], moment: datetime) -> list[Reading]:
        """View counts of these videos known by the moment, oldest first."""
        ...

    def past_videos(self, channel_id: str, since: datetime, moment: datetime) -> list[PastVideo]:
        """What a channel published or has planned since, newest first, as known at the moment; other slots' plans included."""
        ...

    def past_outcomes(self, channel_id: str, moment: datetime, limit: int) -> list[PastOutcome]:
        """What became of the channel's last videos, newest first, as known at the moment."""
        ...


class Uploader(Protocol):
    """Uploads to one channel. Reserves quota before each call. Errors are those of `core.errors`."""

    def upload(
        self, film: Path, upload: VideoUpload, *, on_session: Callable[[str], None], session_uri: str | None = None
    ) -> UploadedVideo:
        """Upload a film, or go on with the session of an earlier attempt; a session that is complete gives its video at once.

        `on_session` is called with a new session's address before the first byte of the film is sent.
        """
        ...

    def finished(self, film: Path, upload: VideoUpload, session_uri: str) -> UploadedVideo | None:
        """The video of an earlier attempt's session, if all of it has arrived; sends nothing of the film."""
        ...

    def set_thumbnail(self, video_id: VideoId, image: Path) -> None:
        """Give a video its picture (JPEG or PNG, at most 2 MiB)."""
        ...


class Reviews(Protocol):
    """Asks people about films before they are published."""

    def ask(self, slot: SlotId, film: Artifact, why: str, verdict: QualityVerdict, now: datetime) -> Review:
        """Ask about a planned slot's film, once, and return the question as it stands, decided or not."""
        ...

    def decide(self, slot: SlotId, *, is_approved: bool, reason: str, now: datetime) -> Review:
        """Decide about a slot's present film. Raises Refused where it was decided otherwise or its moment has passed."""
        ...


class PublicationOutbox(Protocol):
    """The memory of publishing: what was done is written down, durably, before the next thing is begun."""

    def claim(self, slot: SlotId) -> AbstractContextManager[None]:
        """Hold the slot for the block. Raises Transient when another process holds it."""
        ...

    def get(self, slot: SlotId) -> OutboxRow | None:
        """The slot's row; None when nothing was planned for it."""
        ...

    def waits_until(self, channel_id: str, now: datetime) -> datetime | None:
        """Until when no upload to the channel can be begun, as earlier attempts learnt; None where one can."""
        ...

    def taken(self, channel_id: str) -> set[datetime]:
        """Moments at which the channel's other publications are due, or were."""
        ...

    def defer(self, slot: SlotId, until: datetime, what_for: Deferral, why: str) -> None:
        """Note that the slot is taken up again at a moment; what was reached is kept."""
        ...

    def redate(self, slot: SlotId, publish_at: datetime) -> OutboxRow:
        """Give a video that is not up another moment of publishing, and forget its session, which has the old one."""
        ...

    def plan(self, row: OutboxRow) -> OutboxRow:
        """Write a planned row and return the row that now stands: the given one, or an earlier one whose upload has begun."""
        ...

    def record_session(self, slot: SlotId, session_uri: str) -> None:
        """Note an open upload session, before the first byte of the film is sent."""
        ...

    def record_upload(self, slot: SlotId, video_id: str) -> None:
        """Note the id of the uploaded video, and forget the session."""
        ...

    def record_thumbnail(self, slot: SlotId) -> None:
        """Note that the video has its picture."""
        ...

    def record_failure(self, slot: SlotId, error: str, is_final: bool) -> None:
        """Note why the slot is not published. A final failure changes the state; what was reached is kept either way."""
        ...
