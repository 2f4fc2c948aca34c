"""The raw rows of YouTube: what each table's partition is made of, as plain calls to the clients.

Which day, which regions and since when is the caller's to say (`connectors.ingest`)."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import date, datetime

from connectors.http import in_parallel
from connectors.landing import RawRow
from connectors.youtube.client import YouTube
from connectors.youtube.models import Report, ReportRow, Resource, VideoDay
from connectors.youtube.pictures import PictureClient
from core.digest import digest_bytes
from core.errors import Damaged, InvalidInput, NotFound
from core.ids import ChannelId, VideoId
from core.pictures import measure_picture

LOGGER = logging.getLogger(__name__)

_PICTURE_WORKERS = 8


def channel_rows(youtube: YouTube) -> list[RawRow]:
    """The connected channels."""
    channels = in_parallel(lambda channel_id: youtube.data(channel_id).own_channel(), youtube.channel_ids)
    return [RawRow(channel["id"], channel, "youtube.channels") for channel in channels]


def own_video_rows(youtube: YouTube, uploads: Mapping[ChannelId, str], since: datetime) -> list[RawRow]:
    """Videos of connected channels, by their uploads playlists: those published since a moment or not published yet."""

    def videos_of(channel_id: ChannelId) -> list[Resource]:
        data = youtube.data(channel_id)
        return data.videos(data.uploads(uploads[channel_id], since))

    found = in_parallel(videos_of, sorted(uploads))
    return [RawRow(video["id"], video, "youtube.videos") for videos in found for video in videos]


def thumbnail_rows(youtube: YouTube, urls: Mapping[VideoId, str]) -> list[RawRow]:
    """The pictures of videos, by their addresses, measured; those that are gone or cannot be read are left out."""
    with closing(youtube.pictures()) as pictures:
        found = in_parallel(lambda entry: _thumbnail_row(pictures, *entry), sorted(urls.items()), _PICTURE_WORKERS)
    return [row for row in found if row is not None]


def _thumbnail_row(pictures: PictureClient, video_id: VideoId, url: str) -> RawRow | None:
    try:
        content = pictures.fetch(url)
        picture = measure_picture(content)
    except (NotFound, InvalidInput) as error:
        LOGGER.warning("The picture of video %s was left out: %s", video_id, error)
        return None
    known = {"video_id": video_id, "url": url, "sha256": digest_bytes(content), "width": picture.width, "height": picture.height}
    return RawRow(video_id, {**known, **picture.measures}, "youtube.pictures")


def chart_rows(youtube: YouTube, regions: Sequence[str], category_id: int = 0) -> list[RawRow]:
    """The most popular videos of each region, with their place."""

    def chart_of(region: str) -> list[RawRow]:
        return [
            RawRow(
                f"{region}:{category_id}:{rank:03}",
                {"region": region, "chart_category": category_id, "rank": rank, "item": item},
                "youtube.charts",
            )
            for rank, item in enumerate(youtube.data().chart(region, category_id), start=1)
        ]

    return [row for rows in in_parallel(chart_of, regions) for row in rows]


def statistics_rows(youtube: YouTube, video_ids: Iterable[VideoId]) -> list[RawRow]:
    """Public videos by id; those that are gone are left out."""
    return [RawRow(video["id"], video, "youtube.videos") for video in youtube.data().videos(sorted(set(video_ids)))]


def analytics_rows(youtube: YouTube, videos: Mapping[ChannelId, Sequence[VideoId]], first: date, last: date) -> list[RawRow]:
    """Own videos by Pacific day, from `first` to `last`."""

    def days_of(channel_id: ChannelId) -> list[VideoDay]:
        return youtube.analytics(channel_id).video_days(videos[channel_id], first, last)

    return [_analytics_row(day) for days in in_parallel(days_of, sorted(videos)) for day in days]


def _analytics_row(day: VideoDay) -> RawRow:
    payload = {"channel_id": day.channel_id, "day": day.day.isoformat(), "video": day.video_id, **day.metrics}
    return RawRow(f"{day.day}:{day.video_id}", payload, "youtube.analytics")


def reach_rows(youtube: YouTube, created_after: datetime) -> list[RawRow]:
    """Lines of the reach reports that were written after a moment; of two reports of one day the later line comes later.

    Makes each channel's job on the first call, so that reports begin to be written."""

    def lines_of(channel_id: ChannelId) -> list[ReportRow]:
        reporting = youtube.reporting(channel_id)
        reports: list[Report] = reporting.reports(reporting.job(), created_after)
        return [row for report in reports for row in reporting.rows(report)]

    return [_reach_row(line) for lines in in_parallel(lines_of, youtube.channel_ids) for line in lines]


def _reach_row(line: ReportRow) -> RawRow:
    try:
        datetime.strptime(line.values["date"], "%Y%m%d").date()  # noqa: DTZ007 (a Pacific day, no moment)
        video_id = line.values["video_id"]
    except (KeyError, ValueError):
        raise Damaged("A YouTube reach report has a line without day or video.", "Run it again later.") from None
    payload = {**line.values, "report_created_at": line.report.created_at.isoformat()}
    key = f"{line.values['date']}:{line.values.get('channel_id', '')}:{video_id}"
    return RawRow(key, payload, "youtube.reporting")
