"""One good row of each raw table, in the form in which its source gives it."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

from connectors.youtube.report_types import METRICS, REPORT_TYPES, ReportType, Unit
from core.pictures import MEASURES

NOON = datetime(2026, 6, 8, 12, tzinfo=UTC)
CHANNEL = "UCabcdefghijklmnopqrstuv"
VIDEO_ID = "abcdefghijk"
PLAYLIST_ID = "PLabcdefghijklmnop"
VIDEO: dict[str, Any] = {
    "id": VIDEO_ID,
    "snippet": {"title": "T", "channelId": CHANNEL, "categoryId": "20", "publishedAt": "2026-06-08T09:00:00Z"},
    "statistics": {"viewCount": "10", "likeCount": "2"},
}
CHANNEL_RESOURCE: dict[str, Any] = {
    "id": CHANNEL,
    "snippet": {"title": "T", "publishedAt": "2025-01-01T00:00:00Z"},
    "statistics": {"subscriberCount": "5", "videoCount": "3", "viewCount": "99"},
    "contentDetails": {"relatedPlaylists": {"uploads": "UUabcdefghijklmnopqrstuv"}},
}
DAY = {"channel_id": CHANNEL, "day": "2026-06-05"}
WINDOW = {"channel_id": CHANNEL, "start": "2026-05-09", "end": "2026-06-05"}
WATCHED = {"views": 3, "estimatedMinutesWatched": 7}
DIMENSIONS = {
    "date": "20260605",
    "channel_id": CHANNEL,
    "video_id": VIDEO_ID,
    "playlist_id": PLAYLIST_ID,
    "live_or_on_demand": "on_demand",
    "subscribed_status": "not_subscribed",
    "country_code": "US",
    "province_code": "US-CA",
    "age_group": "AGE_18_24",
    "gender": "FEMALE",
    "subtitle_language": "en",
    "subtitle_language_autotranslated": "",
    "traffic_source_detail": 'whales: "blue" 🐋, big',
    "playback_location_detail": "https://example.org/?page=1",
}


def _report_line(entry: ReportType) -> tuple[str, dict[str, Any]]:
    dimensions = {name: DIMENSIONS.get(name, "7") for name in entry.dimensions}
    metrics = {name: "0.041" if METRICS[name] is Unit.FRACTION else "100" for name in entry.metrics}
    origin = {"report_created_at": "2026-06-08T01:00:00+00:00", "report_id": "4711"}
    return ":".join(dimensions.values()), {**dimensions, **metrics, **origin}


GOOD: dict[str, tuple[str, dict[str, Any]]] = {
    "raw_youtube.channels": (CHANNEL, CHANNEL_RESOURCE),
    "raw_youtube.videos": (VIDEO_ID, VIDEO),
    "raw_youtube.uploads": (VIDEO_ID, VIDEO),
    "raw_youtube.thumbnails": (
        VIDEO_ID,
        {
            "video_id": VIDEO_ID,
            "url": f"https://i.ytimg.com/vi/{VIDEO_ID}/mqdefault.jpg",
            "sha256": "0" * 64,
            "width": 320,
            "height": 180,
            **dict.fromkeys(MEASURES, 0.25),
        },
    ),
    "raw_youtube.playlists": (
        PLAYLIST_ID,
        {
            "id": PLAYLIST_ID,
            "snippet": {"title": "T", "channelId": CHANNEL, "publishedAt": "2025-01-01T00:00:00Z"},
            "contentDetails": {"itemCount": 2},
        },
    ),
    "raw_youtube.playlist_items": (
        f"{PLAYLIST_ID}:{VIDEO_ID}",
        {
            "id": "item",
            "snippet": {"playlistId": PLAYLIST_ID, "position": 0, "publishedAt": "2025-01-01T00:00:00Z"},
            "contentDetails": {"videoId": VIDEO_ID},
        },
    ),
    "raw_youtube.comments": (
        "UgzAbc.reply",
        {
            "id": "UgzAbc.reply",
            "snippet": {"videoId": VIDEO_ID, "textDisplay": "", "likeCount": 0, "publishedAt": "2026-06-08T09:00:00Z"},
        },
    ),
    "raw_youtube.captions": ("AUieDabc=", {"id": "AUieDabc=", "snippet": {"videoId": VIDEO_ID, "language": "en"}}),
    "raw_youtube.snapshots": (
        f"{VIDEO_ID}@2026-06-08T05:00Z",
        {"video_id": VIDEO_ID, "read_at": "2026-06-08T05:00Z", "viewCount": "10"},
    ),
    "raw_youtube.video_statistics": (VIDEO_ID, VIDEO),
    "raw_youtube.competitor_channels": (CHANNEL, CHANNEL_RESOURCE),
    "raw_youtube.competitor_videos": (VIDEO_ID, VIDEO),
    "raw_youtube.charts": ("US:0:001", {"region": "US", "chart_category": 0, "rank": 1, "item": VIDEO}),
    "raw_youtube.analytics_daily": (
        f"2026-06-05:{VIDEO_ID}",
        {**DAY, "video": VIDEO_ID, **WATCHED, "averageViewPercentage": 41.5},
    ),
    "raw_youtube.analytics_revenue": (
        f"2026-06-05:{VIDEO_ID}",
        {**DAY, "video": VIDEO_ID, "estimatedRevenue": -0.01, "monetizedPlaybacks": 3, "adImpressions": 4},
    ),
    "raw_youtube.analytics_channel_daily": (
        f"2026-06-05:{CHANNEL}",
        {**DAY, **WATCHED, "averageViewPercentage": 41.5, "subscribersGained": 2},
    ),
    "raw_youtube.analytics_channel_revenue": (
        f"2026-06-05:{CHANNEL}",
        {**DAY, "estimatedRevenue": -0.01, "monetizedPlaybacks": 3, "adImpressions": 4},
    ),
    "raw_youtube.analytics_retention": (
        VIDEO_ID,
        {**WINDOW, "video": VIDEO_ID, "curve": [[n / 100, 1.2 - n / 100, 0.5] for n in range(1, 101)]},
    ),
    "raw_youtube.analytics_traffic": (
        f"2026-06-05:{CHANNEL}:YT_SEARCH",
        {**DAY, "insightTrafficSourceType": "YT_SEARCH", **WATCHED},
    ),
    "raw_youtube.analytics_search_terms": (
        f"{CHANNEL}:2026-05-09:2026-06-05:blue whale: how big? 🐋",
        {**WINDOW, "insightTrafficSourceDetail": "blue whale: how big? 🐋", **WATCHED},
    ),
    "raw_youtube.analytics_countries": (f"2026-06-05:{CHANNEL}:US", {**DAY, "country": "US", **WATCHED}),
    "raw_youtube.analytics_demographics": (
        f"{CHANNEL}:2026-05-09:2026-06-05:age65-:female",
        {**WINDOW, "ageGroup": "age65-", "gender": "female", "viewerPercentage": 12.5},
    ),
    "raw_youtube.analytics_devices": (
        f"2026-06-05:{CHANNEL}:MOBILE:ANDROID",
        {**DAY, "deviceType": "MOBILE", "operatingSystem": "ANDROID", **WATCHED},
    ),
    "raw_youtube.analytics_playback_locations": (
        f"2026-06-05:{CHANNEL}:WATCH",
        {**DAY, "insightPlaybackLocationType": "WATCH", **WATCHED},
    ),
    **{entry.table: _report_line(entry) for entry in REPORT_TYPES.values()},
    "raw_google.trends": (
        "US:daily:blue whale",
        {
            "title": "Blue whale",
            "approx_traffic": "2,000+",
            "searches": 2000,
            "started_at": "2026-06-08T05:00:00+00:00",
            "geo": "US",
            "cadence": "daily",
            "rank": 1,
            "news": [],
        },
    ),
    "raw_reddit.posts": ("todayilearned:1abc2d", {"id": "1abc2d", "title": "T", "score": -3, "num_comments": 4, "rank": 1}),
    "raw_feeds.entries": ("news.example:0123456789abcdef", {"feed": "news.example", "title": "T", "published_at": None}),
    "raw_hackernews.stories": ("7", {"id": 7, "title": "T", "score": 1, "rank": 1}),
    "raw_wikipedia.pageviews": (
        'en.wikipedia:"Weird_Al"_Yankovic',
        {"project": "en.wikipedia", "article": '"Weird_Al"_Yankovic', "rank": 3, "views": 700, "day": "2026-06-07"},
    ),
    "raw_wikipedia.article_views": (
        "en.wikipedia:Blue_whale:2026-06-07",
        {"project": "en.wikipedia", "article": "Blue_whale", "views": 700, "day": "2026-06-07"},
    ),
}
"""Table to key and payload."""


def changed(table: str, **changes: Any) -> dict[str, Any]:
    """The payload of a table's good row, with other values at paths written with double underscores."""
    payload = copy.deepcopy(GOOD[table][1])
    for path, value in changes.items():
        *parents, last = path.split("__")
        inner = payload
        for parent in parents:
            inner = inner[parent]
        inner[last] = value
    return payload
