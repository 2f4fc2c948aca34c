"""The types of bulk reports: what one line is about (its dimensions, which are its key) and what it measures.

Source: developers.google.com/youtube/reporting/v1/reports (channel_reports, dimensions, metrics). YouTube adds columns to a type
at any time and drops metrics that it no longer counts; a new meaning gets a new type (`_a3` after `_a2`)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType


class Unit(Enum):
    """What a metric counts in. Counts and minutes of a day may be below zero, where YouTube takes some back."""

    COUNT = "count"
    MINUTES = "minutes"
    SECONDS = "seconds"
    PERCENT = "percent"  # of a video it may pass 100: viewers go back
    FRACTION = "fraction of 1"


METRICS = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "engaged_views",
                "views",
                "red_views",
                "comments",
                "likes",
                "dislikes",
                "shares",
                "subscribers_gained",
                "subscribers_lost",
                "videos_added_to_playlists",
                "videos_removed_from_playlists",
                "playlist_starts",
                "playlist_saves_added",
                "playlist_saves_removed",
                "annotation_impressions",
                "annotation_clickable_impressions",
                "annotation_closable_impressions",
                "annotation_clicks",
                "annotation_closes",
                "card_impressions",
                "card_clicks",
                "card_teaser_impressions",
                "card_teaser_clicks",
                "end_screen_element_impressions",
                "end_screen_element_clicks",
                "video_thumbnail_impressions",
            ),
            Unit.COUNT,
        ),
        **dict.fromkeys(("watch_time_minutes", "red_watch_time_minutes"), Unit.MINUTES),
        "average_view_duration_seconds": Unit.SECONDS,
        **dict.fromkeys(("average_view_duration_percentage", "views_percentage"), Unit.PERCENT),
        **dict.fromkeys(
            (
                "annotation_click_through_rate",
                "annotation_close_rate",
                "card_click_rate",
                "card_teaser_click_rate",
                "end_screen_element_click_rate",
                "video_thumbnail_impressions_ctr",
            ),
            Unit.FRACTION,
        ),
    }
)
"""Every metric of the reports below, by its column, and its unit."""

FREE_TEXT = frozenset({"traffic_source_detail", "playback_location_detail"})
"""Dimensions of any text, also none: search terms, web sites, ids. All others are ids and codes."""

MAY_BE_EMPTY = FREE_TEXT | {"province_code", "subtitle_language", "subtitle_language_autotranslated", "playlist_id"}
"""Dimensions that a line may leave empty: a search term that too few used, a view without subtitles."""


@dataclass(frozen=True)
class ReportType:
    """One type of bulk report.

    Attributes:
        report_type: YouTube's id of it.
        about: what its metrics are split by.
        dimensions: columns whose values together come once in a report, in the order of the row key.
        metrics: columns of `METRICS`; the first is what the report is for, and is never missing.
        is_deprecated: YouTube still offers it, but counts nothing new.
    """

    report_type: str
    about: str
    dimensions: tuple[str, ...]
    metrics: tuple[str, ...]
    is_deprecated: bool = False

    @property
    def is_label(self) -> bool:
        """Whether models learn from it, so that every day that YouTube has is wanted."""
        return self.report_type == "channel_reach_basic_a1"

    @property
    def table(self) -> str:
        """The raw table of its lines."""
        return f"raw_reporting.{self.report_type}"

    @property
    def needed(self) -> tuple[str, ...]:
        """Columns without which a report means nothing."""
        return (*self.dimensions, self.metrics[0])


_VIDEO = ("date", "channel_id", "video_id", "live_or_on_demand", "subscribed_status", "country_code")
_PLAYLIST = ("date", "channel_id", "playlist_id", "video_id", "live_or_on_demand", "subscribed_status", "country_code")
_VIEWING = ("playback_location_type", "traffic_source_type", "device_type", "operating_system")

_VIEWED = (
    "views",
    "engaged_views",
    "watch_time_minutes",
    "average_view_duration_seconds",
    "average_view_duration_percentage",
    "red_views",
    "red_watch_time_minutes",
)
_PLAYED = (
    "views",
    "engaged_views",
    "watch_time_minutes",
    "average_view_duration_seconds",
    "playlist_starts",
    "playlist_saves_added",
    "playlist_saves_removed",
)
_ANNOTATIONS = (
    "annotation_impressions",
    "annotation_clickable_impressions",
    "annotation_closable_impressions",
    "annotation_clicks",
    "annotation_closes",
    "annotation_click_through_rate",
    "annotation_close_rate",
)
_CARDS = (
    "card_impressions",
    "card_clicks",
    "card_click_rate",
    "card_teaser_impressions",
    "card_teaser_clicks",
    "card_teaser_click_rate",
)
_ACTIVITY = (
    *_VIEWED,
    "comments",
    "likes",
    "dislikes",
    "shares",
    "subscribers_gained",
    "subscribers_lost",
    "videos_added_to_playlists",
    "videos_removed_from_playlists",
    *_ANNOTATIONS,
    *_CARDS,
)
_REACH = ("video_thumbnail_impressions", "video_thumbnail_impressions_ctr")

_TYPES = (
    ReportType(
        "channel_annotations_a1", "annotation", (*_VIDEO, "annotation_type", "annotation_id"), _ANNOTATIONS, is_deprecated=True
    ),
    ReportType("channel_basic_a3", "country and subscription of the viewer", _VIDEO, _ACTIVITY),
    ReportType("channel_cards_a1", "card", (*_VIDEO, "card_type", "card_id"), _CARDS),
    ReportType("channel_combined_a3", "playback location, traffic source, device and system", (*_VIDEO, *_VIEWING), _VIEWED),
    ReportType(
        "channel_demographics_a1", "age and gender of the viewer", (*_VIDEO, "age_group", "gender"), ("views_percentage",)
    ),
    ReportType("channel_device_os_a3", "device and operating system", (*_VIDEO, "device_type", "operating_system"), _VIEWED),
    ReportType(
        "channel_end_screens_a1",
        "end screen element",
        (*_VIDEO, "end_screen_element_type", "end_screen_element_id"),
        ("end_screen_element_impressions", "end_screen_element_clicks", "end_screen_element_click_rate"),
    ),
    ReportType(
        "channel_playback_location_a3",
        "page or web site of the player",
        (*_VIDEO, "playback_location_type", "playback_location_detail"),
        _VIEWED,
    ),
    ReportType("channel_province_a3", "state of the USA", (*_VIDEO, "province_code"), (*_VIEWED, *_ANNOTATIONS, *_CARDS)),
    ReportType("channel_sharing_service_a1", "service that the video was shared by", (*_VIDEO, "sharing_service"), ("shares",)),
    ReportType(
        "channel_subtitles_a3",
        "language of the subtitles",
        (*_VIDEO, "subtitle_language", "subtitle_language_autotranslated"),
        _VIEWED,
    ),
    ReportType(
        "channel_traffic_source_a3",
        "where the viewer came from",
        (*_VIDEO, "traffic_source_type", "traffic_source_detail"),
        _VIEWED,
    ),
    ReportType("playlist_basic_a2", "country and subscription of the viewer", _PLAYLIST, _PLAYED),
    ReportType("playlist_combined_a2", "playback location, traffic source, device and system", (*_PLAYLIST, *_VIEWING), _PLAYED),
    ReportType("playlist_device_os_a2", "device and operating system", (*_PLAYLIST, "device_type", "operating_system"), _PLAYED),
    ReportType(
        "playlist_playback_location_a2",
        "page or web site of the player",
        (*_PLAYLIST, "playback_location_type", "playback_location_detail"),
        _PLAYED,
    ),
    ReportType("playlist_province_a2", "state of the USA", (*_PLAYLIST, "province_code"), _PLAYED),
    ReportType(
        "playlist_traffic_source_a2",
        "where the viewer came from",
        (*_PLAYLIST, "traffic_source_type", "traffic_source_detail"),
        _PLAYED,
    ),
    ReportType("channel_reach_basic_a1", "video", ("date", "channel_id", "video_id"), _REACH),
    ReportType(
        "channel_reach_combined_a1",
        "traffic source, device and operating system",
        (
            "date",
            "channel_id",
            "video_id",
            "traffic_source_type",
            "traffic_source_detail",
            "device_type",
            "operating_system",
        ),
        _REACH,
    ),
)

REPORT_TYPES = MappingProxyType({entry.report_type: entry for entry in _TYPES})
"""Every type that we ask for, by its id."""
