"""Files that people brought to public trackers, made small: each is read as it is meant. They lie beside the repository."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.archives.files import Source, find
from connectors.archives.formats import Kind
from connectors.archives.importing import Imported, Options, import_file, read_file
from tests.unit.connectors.archives.conftest import NOW

CASES = Path(__file__).parents[5] / "shared" / "cases" / "files"


@pytest.fixture(scope="module")
def cases() -> Path:
    if not CASES.is_dir():
        pytest.skip(f"the field cases are not there: {CASES}")
    return CASES


def read(path: Path, **options: Any) -> dict[str, tuple[Imported, list[dict[str, Any]]]]:
    """Each table of a file: its report and its rows."""
    found = {}
    for source in find([path]):
        assert isinstance(source, Source)
        given = Options(**options)
        found[source.name.rpartition("/")[2]] = (
            import_file(None, source, Kind.AUTO, NOW, given),
            read_file(source, Kind.AUTO, NOW, given)[1],
        )
    return found


def only(path: Path, **options: Any) -> tuple[Imported, list[dict[str, Any]]]:
    (found,) = read(path, **options).values()
    assert found[0].unknown == []
    return found


def column(rows: list[dict[str, Any]], name: str) -> list[Any]:
    return [row[name] for row in rows]


@pytest.mark.parametrize(
    ("name", "currency", "first"), [("01-studio-german", "eur", 300_000), ("02-studio-portuguese", "brl", 10**6)]
)
def test_exports_of_other_languages(cases: Path, name: str, currency: str, first: int) -> None:
    report, rows = only(cases / f"{name}.csv")
    assert (report.landed, report.totals, report.rejected) == (2, 1, 0)
    assert report.notes == ["its rows add up to what the total row says of 5 columns"]
    assert column(rows, "views") == [100, 50]
    assert column(rows, "impressions_click_through_rate_pct") == [4.5, 3.3]
    assert rows[0][f"estimated_revenue_{currency}_micros"] == first
    assert column(rows, "video_id") == ["aaaaaaaaaaa", "-bbbbbbbbbb" if currency == "eur" else "bbbbbbbbbbb"]


def test_headings_of_2026(cases: Path) -> None:
    for report, rows in (
        only(cases / "05-studio-thumbnail-impressions.csv"),
        read(cases / "09-studio-export.zip")["Table data.csv"],
    ):
        assert (report.landed, report.totals) == (2, 1)
        assert column(rows, "impressions") == [120, 102]
        assert column(rows, "impressions_click_through_rate_pct") == [1.5, 1.2]
    _, rows = only(cases / "11-studio-traffic-detail.csv")
    assert column(rows, "impressions_click_through_rate_pct") == [12.5, 4.5]
    assert column(rows, "traffic_source") == ["YT_RELATED.aaaaaaaaaaa", "YT_RELATED.bbbbbbbbbbb"]


@pytest.mark.parametrize("name", ["06-studio-viewer-age", "06b-studio-viewer-gender-whole"])
def test_shares_are_no_counts(cases: Path, name: str) -> None:
    report, rows = only(cases / f"{name}.csv")
    assert report.rejected == 0
    assert sum(column(rows, "views_share_pct")) == pytest.approx(100)
    assert sum(column(rows, "watch_time_hours_share_pct")) == pytest.approx(100)
    assert not any({"views", "watch_time_hours"} & row.keys() for row in rows)


def test_weeks_are_no_days(cases: Path) -> None:
    report, rows = only(cases / "07-studio-weekly-totals.csv")
    assert (report.landed, {(row["step"], row["period_days"]) for row in rows}) == (5, {("week", 7)})
    assert not any("on_date" in row for row in rows)


def test_a_period_without_views(cases: Path) -> None:
    for report, rows in (only(cases / "08-studio-total-only.csv"), read(cases / "15-empty-period.zip")["Table data.csv"]):
        assert (report.format, report.read, report.landed, report.totals, rows) == ("studio_videos", 1, 0, 1, [])
        assert report.notes == ["it holds its total row alone: nothing was seen in its period"]
    assert read(cases / "15-empty-period.zip")["Chart data.csv"][0].read == 0


def test_the_hint_about_the_encoding_works(cases: Path) -> None:
    report, _ = only(cases / "10-studio-excel-cp1252.csv")
    assert list(report.reasons) == ["is not UTF-8 (another encoding: --encoding)"]
    report, rows = only(cases / "10-studio-excel-cp1252.csv", encoding="cp1252")
    assert (report.rejected, column(rows, "title")) == (0, ["Plain title", "Größe zählt"])
    assert column(rows, "watch_time_hours") == [2.5, 1.0]


def test_units_of_headings(cases: Path) -> None:
    _, (row,) = only(cases / "12-units-in-headings.csv")
    assert (row["duration_seconds"], row["views"], row["views_share_pct"], row["likes_share_pct"]) == (150, 300, 60, 40)
    assert "likes" not in row


def test_a_duration_in_fractions(cases: Path) -> None:
    _, rows = only(cases / "14-video-readings-fractional-duration.csv")
    assert column(rows, "duration_seconds") == [212.091, 61]
