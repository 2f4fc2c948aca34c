"""Feature services, one per model version: the only names by which training, serving and evaluation may ask for features.

A service and its registered model share a stem: `ctr_v1` feeds model `ctr`. A model that needs other inputs gets a new service
(`ctr_v2`), so that the champion in use and its challenger are fed side by side."""

from __future__ import annotations

from feast import FeatureService

from features.on_demand import draft, thumbnail
from features.views.channel import channel_presence, channel_results
from features.views.video import video_counts, video_momentum, video_profile

trend_v1 = FeatureService(
    name="trend_v1",
    features=[video_counts, video_momentum, video_profile],
    description="Will a charting video break out within 48 hours?",
    owner="team:ml",
)
quality_v1 = FeatureService(
    name="quality_v1",
    features=[channel_presence, channel_results, draft],
    description="Will a draft hold viewers longer than the median of its channel's last videos?",
    owner="team:ml",
)
ctr_v1 = FeatureService(
    name="ctr_v1",
    features=[channel_presence, channel_results, draft, thumbnail],
    description="Which share of the viewers who see a draft's thumbnail will click it?",
    owner="team:ml",
)

SERVICES = (trend_v1, quality_v1, ctr_v1)
