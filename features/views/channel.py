"""Features of a channel: its presence in the market, and the results of its own last videos."""

from __future__ import annotations

from datetime import timedelta

from feast import FeatureView, Field
from feast.types import Bool, Float64, Int32, Int64

from features.entities import CHANNEL
from features.sources import CHANNEL_DAILY

_DAILY_TTL = timedelta(days=14)
"""A fortnight without a row means that the channel is no longer read, not that it stands still."""

channel_presence = FeatureView(
    name="channel_presence",
    entities=[CHANNEL],
    ttl=_DAILY_TTL,
    source=CHANNEL_DAILY,
    schema=[
        Field(name="is_own", dtype=Bool),
        Field(name="subscribers_count", dtype=Int64),
        Field(name="uploads_28d_count", dtype=Int32),
        Field(name="charting_videos_28d_count", dtype=Int32),
    ],
    description="Size and activity of a channel.",
    owner="team:ml",
)

channel_results = FeatureView(
    name="channel_results",
    entities=[CHANNEL],
    ttl=_DAILY_TTL,
    source=CHANNEL_DAILY,
    schema=[
        Field(name="median_views_20", dtype=Float64),
        Field(name="average_view_pct_20", dtype=Float64),
        Field(name="ctr_20", dtype=Float64),
        Field(name="like_rate_20", dtype=Float64),
    ],
    description="Results of a channel's last twenty videos; retention and click-through rate only of one's own channels.",
    owner="team:ml",
)

VIEWS = (channel_presence, channel_results)
