"""Feature services, one per model version: the only names by which training, serving and evaluation may ask for features.

A service and its registered model share a stem: `ctr_v1` feeds model `ctr`. A model that needs other inputs gets a new service
(`ctr_v2`), so that the champion in use and its challenger are fed side by side."""

from __future__ import annotations

from feast import FeatureService

from features.on_demand import draft, draft_meaning, draft_script, draft_text, thumbnail
from features.transforms import DRAFT_FEATURES, TITLE_FEATURES
from features.views.channel import channel_presence, channel_results
from features.views.video import video_counts, video_market, video_momentum, video_profile, video_series, video_text

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


_SLOT = [name for name in DRAFT_FEATURES if name not in TITLE_FEATURES]
"""What a draft tells besides its title, which the second versions read more closely, as they do its script."""

trend_v2 = FeatureService(
    name="trend_v2",
    features=[
        video_series,
        video_text,
        video_market,
        # What the simple rules read, and the count itself, which tells that there is a reading at all.
        video_counts[["views"]],
        video_momentum[["growth_previous_48h"]],
        video_profile[["category_id"]],
    ],
    description="Will a charting video break out within 48 hours? From its whole series, its title, its niche and its channel.",
    owner="team:ml",
)
quality_v2 = FeatureService(
    name="quality_v2",
    features=[channel_presence, channel_results, draft[_SLOT], draft_text, draft_script, draft_meaning],
    description="Will a draft hold viewers longer than the median of its channel's last videos? Title and script read closely.",
    owner="team:ml",
)
ctr_v2 = FeatureService(
    name="ctr_v2",
    features=[channel_presence, channel_results, draft[_SLOT], draft_text, draft_script, draft_meaning, thumbnail],
    description="Which share of the viewers who see a draft's thumbnail will click it? Title and script read closely.",
    owner="team:ml",
)

SERVICES = (trend_v1, quality_v1, ctr_v1, trend_v2, quality_v2, ctr_v2)
