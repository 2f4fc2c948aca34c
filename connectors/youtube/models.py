"""Frozen values that go into and come out of the YouTube clients. Resources themselves stay the JSON objects that Google sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from core.ids import ChannelId, VideoId

Resource = Mapping[str, Any]
"""A resource of one of Google's APIs, as JSON."""


@dataclass(frozen=True)
class VideoDay:
    """One video on one Pacific day, as YouTube Analytics counts it. Metrics keep Google's names."""

    channel_id: ChannelId
    day: date
    video_id: VideoId
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class Report:
    """A bulk report that is ready: the data of one Pacific day."""

    report_id: str
    created_at: datetime
    start_at: datetime
    download_url: str


@dataclass(frozen=True)
class ReportRow:
    """One line of a bulk report: column name to text, as in the CSV file."""

    values: Mapping[str, str]
    report: Report


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
    """

    title: str
    description: str
    tags: tuple[str, ...]
    category_id: int
    publish_at: datetime
    language: str = "en"
    contains_synthetic_media: bool = True
    is_made_for_kids: bool = False


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
