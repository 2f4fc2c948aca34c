"""Features of a video: its counts at a reading, how they moved since the one before, and what never changes about it."""

from __future__ import annotations

from datetime import timedelta

from feast import FeatureView, Field
from feast.types import Bool, Float64, Int32, Int64

from features.entities import VIDEO
from features.sources import VIDEO_PROFILE, VIDEO_READING

_READING_TTL = timedelta(days=3)
"""Views of three days ago say nothing of a video's present speed."""

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
    ttl=timedelta(days=400),
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

VIEWS = (video_counts, video_momentum, video_profile)
