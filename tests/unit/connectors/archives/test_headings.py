"""Headings of different exporters, folded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.archives.columns import studio_column
from connectors.archives.headings import fold


@pytest.mark.parametrize(
    ("text", "name", "unit"),
    [
        ("Av\u00ader\u00adage per\u00adcent\u00adage viewed (%)", "average percentage viewed", "pct"),
        ("\ufeffContent", "content", ""),
        ("Watch\u00a0time (hours)", "watch time", "hours"),
        ("Your estimated revenue (USD)", "your estimated revenue", "usd"),
        ("Viewed (vs. swiped away) (%)", "viewed vs swiped away", "pct"),
        ("Impressions click-through rate (%)", "impressions click through rate", "pct"),
        ("videoId", "video id", ""),
        ("VIDEO_ID", "video id", ""),
        (" publishedAt ", "published at", ""),
        ("Monetized Playbacks (Estimate)", "monetized playbacks estimate", ""),
        ("CPM", "cpm", ""),
        ("", "", ""),
    ],
)
def test_what_is_the_same_comes_out_the_same(text: str, name: str, unit: str) -> None:
    folded = fold(text)
    assert (folded.text, folded.name, folded.unit) == (text, name, unit)


@given(st.text(max_size=200))
def test_folding_a_folded_name_changes_nothing(text: str) -> None:
    name = fold(text).name
    assert fold(name).name == name


@pytest.mark.parametrize(
    ("heading", "ours"),
    [
        ("Watch time (hours)", "watch_time_hours"),
        ("Watch time (minutes)", "watch_time_minutes"),
        ("Watch time", None),
        ("Watch time (USD)", None),
        ("Your estimated revenue (USD)", "estimated_revenue_usd_micros"),
        ("Your estimated revenue (EUR)", "estimated_revenue_eur_micros"),
        ("RPM (GBP)", "rpm_gbp_micros"),
        ("CPM", None),
        ("CPM (%)", None),
        ("Average view duration", "average_view_duration_seconds"),
        ("Video Thumbnail CTR (%)", "impressions_click_through_rate_pct"),
        ("Subscribers gained", "subscribers_gained"),
        ("Something new", None),
    ],
)
def test_the_unit_of_a_studio_column_stands_in_its_name(heading: str, ours: str | None) -> None:
    column = studio_column(fold(heading))
    assert (column and column.name) == ours
