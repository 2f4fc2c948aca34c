"""Frozen values that go into and come out of the YouTube clients. Resources themselves stay the JSON objects that Google sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from core.clock import pacific_day
from core.ids import ChannelId, VideoId

Resource = Mapping[str, Any]
"""A resource of one of Google's APIs, as JSON."""


@dataclass(frozen=True)
class Job:
    """A standing order: YouTube writes a report of this type for every day, and for the thirty days before the order."""

    job_id: str
    channel_id: ChannelId
    report_type: str
    created_at: datetime


@dataclass(frozen=True)
class Report:
    """A bulk report that is ready: the data of one Pacific day. A day can have several; the one written last counts."""

    report_id: str
    channel_id: ChannelId
    report_type: str
    created_at: datetime
    start_at: datetime
    download_url: str

    @property
    def day(self) -> date:
        """The Pacific day that it tells of."""
        return pacific_day(self.start_at)

    @property
    def order(self) -> tuple[datetime, int, str]:
        """Sorts reports by age; of two that were written at one moment the greater id is the newer one."""
        return self.created_at, len(self.report_id), self.report_id


@dataclass(frozen=True)
class VideoUpload:
    """What YouTube is told about a video that is uploaded. It stays private until `publish_at`, when YouTube publishes it.

    Attributes:
        description: at most 5,000 bytes of UTF-8.
        category_id: YouTube's number of the category.
        publish_at: timezone-aware; in the future when the upload begins.
        language: BCP 47 tag of title, description and speech.
        contains_synthetic_media: realistic altered or generated content; YouTube shows it to viewers.
        is_made_for_kids: the operator's own declaration (COPPA).
        notifies_subscribers: whether subscribers are told when it becomes public.
    """

    title: str
    description: str
    tags: tuple[str, ...]
    category_id: int
    publish_at: datetime
    language: str = "en"
    contains_synthetic_media: bool = True
    is_made_for_kids: bool = False
    notifies_subscribers: bool = True


@dataclass(frozen=True)
class UploadProgress:
    """How far an upload is."""

    bytes_sent: int
    bytes_total: int


@dataclass(frozen=True)
class UploadedVideo:
    """A video that YouTube has taken in whole.

    Attributes:
        publish_at: when YouTube will publish it, as YouTube confirmed it; None where it did not.
    """

    video_id: VideoId
    channel_id: ChannelId
    privacy_status: str
    publish_at: datetime | None
