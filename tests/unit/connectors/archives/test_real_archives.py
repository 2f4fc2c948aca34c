"""Every real archive imports as it is: how many rows, as what, and what is wrong with the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.connectors.archives.conftest import Read

pytestmark = pytest.mark.data

SETS = {
    "channel_geo_daily_2021/chart_views_by_country_daily.csv.gz": ("studio_daily_breakdown", 61_305),
    "channel_geo_daily_2021/totals_daily.csv.gz": ("studio_daily", 305),
    "channel_kenjee/Aggregated_Metrics_By_Video.csv.gz": ("studio_videos", 182),
    "channel_kenjee/comments_no_authors.csv.gz": ("comments", 8_398),
    "channel_kenjee/video_stats_by_country_subscribed.csv.gz": ("studio_countries", 43_892),
    "channel_perf_364/youtube_channel_real_performance_analytics.csv.gz": ("studio_videos_unnamed", 298),
    "channel_tracker_fr_2026/videos_2026-01.csv.gz": ("video_readings", 4_401),
    "channel_tracker_fr_2026/videos_2026-02.csv.gz": ("video_readings", 5_282),
    "channel_tracker_fr_2026/youtube_daily_snapshots.csv.gz": ("channel_readings", 3_278),
    "clickbait_headlines/headlines.csv.gz": ("clickbait_headlines", 27_176),
    "growth_2026/videos.parquet": ("videos", 180_401),
    "hackernews_top10_2026/hn_top10_daily.csv.gz": ("hackernews_top", 1_440),
    "headline_ab_upworthy/upworthy_exploratory.csv.gz": ("headline_tests", 17_860),
    "policy_text/hate_offensive_tweets.csv.gz": ("hate_offensive_tweets", 21_042),
    "policy_text/youtube_spam_comments.csv.gz": ("spam_comments", 1_586),
    "popularity_i30/I30_training.csv.gz": ("view_series", 15_887),
    "studio_exports/OisinQueva.csv.gz": ("studio_videos", 103),
    "studio_exports/areikher.csv.gz": ("studio_videos", 60),
    "studio_exports/buildwithadi.csv.gz": ("studio_videos", 25),
    "studio_exports/chart_daily_priyankapatel05.csv.gz": ("studio_daily_videos", 1_530),
    "studio_exports/daily_totals_violetzq.csv.gz": ("studio_daily", 297),
    "studio_exports/daily_views_by_subscription_violetzq.csv.gz": ("studio_daily_breakdown", 594),
    "studio_exports/journohindi.csv.gz": ("studio_videos", 411),
    "studio_exports/krishp1010.csv.gz": ("studio_videos", 424),
    "studio_exports/ligardoisaghost.csv.gz": ("studio_videos", 267),
    "studio_exports/prakashpathak111.csv.gz": ("studio_videos", 423),
    "studio_exports/priyankapatel05.csv.gz": ("studio_videos", 374),
    "studio_exports/sifatprogrammer.csv.gz": ("studio_videos", 28),
    "studio_exports/totals_daily_prakashpathak111.csv.gz": ("studio_daily", 922),
    "studio_exports/violetzq_dangertv.csv.gz": ("studio_videos", 425),
    "thumbnail_features/youtube_complete_with_faces_full.csv.gz": ("videos", 4_106),
    "transcripts_liveoverflow/security_creators_videos.csv.gz": ("videos", 3_358),
    "transcripts_liveoverflow/videos_with_transcripts.parquet": ("transcripts", 275),
    "trending_2017_dirty/GBvideos.csv.gz": ("chart_without_year", 7_995),
    "trending_2017_dirty/USvideos.csv.gz": ("chart_without_year", 7_998),
    "trending_2024_2025/default.csv.gz": ("trending_page", 38_032),
    "trending_2024_2025/gaming.csv.gz": ("trending_page", 17_734),
    "trending_2024_2025/movies.csv.gz": ("trending_page", 10_767),
    "trending_2024_2025/music.csv.gz": ("trending_page", 11_462),
    "trending_2026/trending_AU.csv.gz": ("chart", 10_469),
    "trending_2026/trending_CA.csv.gz": ("chart", 10_460),
    "trending_2026/trending_GB.csv.gz": ("chart", 10_475),
    "trending_2026/trending_IN.csv.gz": ("chart", 10_435),
    "trending_2026/trending_US.csv.gz": ("chart", 10_445),
    "twitter_trends_8h_2020_2021/trends_us_uk_world.parquet": ("twitter_snapshots", 153_376),
    "twitter_trends_us_2019_2025/longest_trending_us_daily.csv.gz": ("twitter_durations", 11_955),
    "twitter_trends_us_2019_2025/most_tweeted_us_daily.csv.gz": ("twitter_volumes", 11_955),
    "wikipedia_daily_pick_2025/wiki_daily_pick.csv.gz": ("wikipedia_pages", 296),
}
"""File: its format and rows. `growth_2026/video_daily_stats.parquet` is left to the benchmark, for its size."""
REJECTED = {
    "studio_exports/krishp1010.csv.gz": {"video id is missing": 1},
    "trending_2017_dirty/GBvideos.csv.gz": {"21 fields where the header has 11": 2},
    "trending_2017_dirty/USvideos.csv.gz": {"date: not a day": 5, "charted on is missing": 1},
}
TOTALS = {f"studio_exports/{name}.csv.gz": 1 for name in ("OisinQueva", "buildwithadi", "sifatprogrammer")}
DUPLICATES = {
    "policy_text/hate_offensive_tweets.csv.gz": 77,
    "policy_text/youtube_spam_comments.csv.gz": 35,
    "trending_2024_2025/default.csv.gz": 1_940,
}


def test_no_set_is_forgotten(recorded_data: Path) -> None:
    found = {str(path.relative_to(recorded_data)) for path in recorded_data.rglob("*") if path.suffix in (".gz", ".parquet")}
    assert found == set(SETS) | {"growth_2026/video_daily_stats.parquet"}


@pytest.mark.parametrize("name", SETS)
def test_a_real_archive(recorded_data: Path, read: Read, name: str) -> None:
    report = read(recorded_data / name).report
    assert (report.format, report.read) == SETS[name]
    assert report.reasons == REJECTED.get(name, {})
    assert (report.totals, report.duplicates) == (TOTALS.get(name, 0), DUPLICATES.get(name, 0))


def test_real_cells(recorded_data: Path, read: Read) -> None:
    dirty = read(recorded_data / "trending_2017_dirty" / "USvideos.csv.gz")
    assert {row["charted_on"][:7] for row in dirty.rows.values()} == {"2017-09", "2017-10"}
    assert {row["region"] for row in dirty.rows.values()} == {"US"}
    chart = read(recorded_data / "trending_2026" / "trending_US.csv.gz")
    assert {len(row["read_at"]) for row in chart.rows.values()} <= {20, 27}
    volumes = read(recorded_data / "twitter_trends_us_2019_2025" / "most_tweeted_us_daily.csv.gz")
    assert volumes.rows[2]["peak_volume"] == 518_784
    assert max(row["peak_volume"] or 0 for row in volumes.rows.values()) == 24_460_069
    own = read(recorded_data / "channel_kenjee" / "Aggregated_Metrics_By_Video.csv.gz")
    assert own.rows[2]["estimated_revenue_usd_micros"] == 7_959_533_000
    assert "other" not in own.rows[2]
    perf = read(recorded_data / "channel_perf_364" / "youtube_channel_real_performance_analytics.csv.gz")
    assert len(perf.rows[2]) - 1 + len(perf.rows[2]["other"]) == 70
