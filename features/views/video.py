"""Features of a video: its counts at a reading, how they moved since the one before, and what never changes about it."""

from __future__ import annotations

from datetime import timedelta

from feast import FeatureView, Field
from feast.types import Bool, Float64, Int32, Int64

from features.entities import VIDEO
from features.series import SERIES_COLUMNS, TEXT_COLUMNS
from features.sources import VIDEO_MARKET, VIDEO_PROFILE, VIDEO_READING, VIDEO_SERIES, VIDEO_TEXT

_READING_TTL = timedelta(days=3)
"""Views of three days ago say nothing of a video's present speed."""
_PROFILE_TTL = timedelta(days=400)
_TEXT_TTL = timedelta(days=30)
"""Long after a breakout has happened or not. Every title within it is carried online each day: shorter than a profile's."""

video_counts = FeatureView(
    name="video_counts",
    entities=[VIDEO],
    ttl=_READING_TTL,
    source=VIDEO_READING,
    schema=[
        Field(name="views", dtype=Int64),
        Field(name="likes", dtype=Int64),
        Field(name="comments", dtype=Int64),
        Field(name="countries_count", dtype=Int32),
        Field(name="best_rank", dtype=Int32),
        Field(name="age_hours", dtype=Float64),
        Field(name="views_per_hour", dtype=Float64),
        Field(name="like_rate", dtype=Float64),
        Field(name="comment_rate", dtype=Float64),
    ],
    description="Public counts of a video at its last reading, and rates made of them.",
    owner="team:ml",
)

video_momentum = FeatureView(
    name="video_momentum",
    entities=[VIDEO],
    ttl=_READING_TTL,
    source=VIDEO_READING,
    schema=[
        Field(name="hours_since_previous", dtype=Float64),
        Field(name="views_gained", dtype=Int64),
        Field(name="velocity", dtype=Float64),
        Field(name="acceleration", dtype=Float64),
        Field(name="growth_previous_48h", dtype=Float64),
        Field(name="readings_count", dtype=Int32),
    ],
    description="How a video's views moved between its last two readings; null at its first.",
    owner="team:ml",
)

video_profile = FeatureView(
    name="video_profile",
    entities=[VIDEO],
    ttl=_PROFILE_TTL,
    source=VIDEO_PROFILE,
    schema=[
        Field(name="category_id", dtype=Int32),
        Field(name="duration_seconds", dtype=Int32),
        Field(name="published_hour", dtype=Int32),
        Field(name="published_dow", dtype=Int32),
        Field(name="is_weekend", dtype=Bool),
    ],
    description="What was known of a video when it was first seen.",
    owner="team:ml",
)

video_series = FeatureView(
    name="video_series",
    entities=[VIDEO],
    ttl=_READING_TTL,
    source=VIDEO_SERIES,
    schema=[Field(name=name, dtype=Float64) for name in SERIES_COLUMNS],
    description="The whole reading series up to a reading: growth, rates and their changes by age and lag, time, gaps.",
    owner="team:ml",
)

video_text = FeatureView(
    name="video_text",
    entities=[VIDEO],
    ttl=_TEXT_TTL,
    source=VIDEO_TEXT,
    schema=[Field(name=name, dtype=Float64) for name in TEXT_COLUMNS],
    description="The title in numbers: measures, scripts, kinds of words, language.",
    owner="team:ml",
)

_MARKET_COUNTS = (
    "chart_best_rank",
    "chart_videos_count",
    "niche_videos_count",
    "niche_channels_count",
    "niche_new_videos_count",
    "channel_charting_today_count",
    "channel_uploads_28d_count",
    "channel_charting_28d_count",
)
_MARKET_VIEWS = ("channel_most_views_today", "channel_subscribers_count")
_MARKET_MEASURES = (
    "niche_median_views",
    "niche_median_age_hours",
    "niche_median_views_per_hour",
    "niche_videos_share",
    "niche_views_share",
    "niche_views_place",
    "niche_pace_place",
    "niche_views_ratio",
    "channel_median_views_20",
    "channel_like_rate_20",
    "channel_views_ratio",
)
MARKET_COLUMNS = (*_MARKET_COUNTS, *_MARKET_VIEWS, *_MARKET_MEASURES)

video_market = FeatureView(
    name="video_market",
    entities=[VIDEO],
    ttl=_READING_TTL,
    source=VIDEO_MARKET,
    schema=[
        *(Field(name=name, dtype=Int32) for name in _MARKET_COUNTS),
        *(Field(name=name, dtype=Int64) for name in _MARKET_VIEWS),
        *(Field(name=name, dtype=Float64) for name in _MARKET_MEASURES),
    ],
    description="Competition in a video's niche on the charts of the day, and the history of its channel.",
    owner="team:ml",
)

VIEWS = (video_counts, video_momentum, video_profile, video_series, video_text, video_market)
