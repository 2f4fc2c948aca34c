"""Studio's exports in every language: headings, total words, dates and decimals come out as the English ones do."""

from __future__ import annotations

import csv
import io
import tomllib
from datetime import date
from importlib.resources import files
from typing import Any

import pytest
from babel.dates import format_date

from connectors.archives.columns import is_known_heading
from connectors.archives.formats import is_english
from connectors.archives.headings import fold, fold_all
from connectors.archives.languages import key_of, languages, total_words, translate
from connectors.numbers import LANGUAGES
from tests.unit.connectors.archives.conftest import Read

TABLE: dict[str, dict[str, Any]] = tomllib.loads(
    files("connectors.archives").joinpath("languages.toml").read_text(encoding="utf-8")
)
HOURS = dict(
    zip(
        TABLE,
        (
            "Stunden",
            "horas",
            "heures",
            "ore",
            "horas",
            "uren",
            "w godzinach",
            "saat",
            "часы",
            "単位: 時間",
            "단위: 시간",
            "घंटे",
            "jam",
        ),
        strict=True,
    )
)
COLUMNS = {
    "content": "",
    "video title": "",
    "video publish time": "",
    "views": "",
    "watch time": "hours",
    "subscribers": "",
    "estimated revenue": "CHF",
    "impressions": "",
    "impressions click through rate": "%",
    "average view duration": "",
    "average percentage viewed": "%",
    "likes": "",
    "comments added": "",
    "shares": "",
}
LANDED = {
    "video_id": "aaaaaaaaaaa",
    "title": "Eins, zwei",
    "published_on": "2026-03-03",
    "views": 1_234,
    "watch_time_hours": 65.5,
    "subscribers": -3,
    "estimated_revenue_chf_micros": 420_000,
    "impressions": 20_000,
    "impressions_click_through_rate_pct": 4.5,
    "average_view_duration_seconds": 189,
    "average_percentage_viewed_pct": 48.7,
    "likes": 7,
    "comments_added": 2,
    "shares": 1,
}


def export(code: str, spelling: int, width: str, delimiter: str) -> str:
    """A table of one video with its total, as Studio would write it in a language."""
    words = TABLE[code]
    headings = []
    for ours, unit in COLUMNS.items():
        spellings = words["headings"][ours]
        suffix = {"": "", "hours": f" ({HOURS[code]})"}.get(unit, f" ({unit})")
        headings.append(spellings[min(spelling, len(spellings) - 1)] + suffix)
    day = format_date(date(2026, 3, 3), width, locale=code)  # type: ignore[arg-type]
    mark = "," if delimiter == ";" else "."
    rates = ["65{}5", "-3", "0{}42", "20000", "4{}5", "0:03:09", "48{}7"]
    figures = ["1234", *(rate.format(mark) for rate in rates), "7", "2", "1"]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(headings)
    writer.writerow([words["total"][0], "", "", *figures])
    writer.writerow(["aaaaaaaaaaa", "Eins, zwei", day, *figures])
    return out.getvalue()


@pytest.mark.parametrize("spelling", [0, 1, 9])
@pytest.mark.parametrize(("width", "delimiter"), [("medium", ","), ("long", ";"), ("short", ";")])
@pytest.mark.parametrize("code", TABLE)
def test_an_export_in_any_language_lands_as_an_english_one(
    read: Read, code: str, spelling: int, width: str, delimiter: str
) -> None:
    reading = read(export(code, spelling, width, delimiter))
    assert (reading.report.format, reading.report.totals, reading.report.landed) == ("studio_videos", 1, 1)
    assert reading.row == LANDED
    assert reading.report.unknown == []
    assert reading.report.notes[-1].startswith("its rows add up")


def test_every_language_is_there_and_names_what_we_know() -> None:
    assert ("en", *TABLE) == LANGUAGES
    for words in TABLE.values():
        assert set(COLUMNS) <= set(words["headings"])
        assert all(is_known_heading(ours) for ours in words["headings"])


def test_no_spelling_means_two_things_in_one_language() -> None:
    for code, words in TABLE.items():
        language = languages()[code]
        meanings: dict[str, set[str]] = {}
        for ours, spellings in words["headings"].items():
            for spelling in spellings:
                folded = fold(spelling)
                assert folded.unit == "", spelling
                meanings.setdefault(key_of(folded.name, language.is_glued, language.noise), set()).add(ours)
        assert {key: found for key, found in meanings.items() if len(found) > 1} == {}, code


@pytest.mark.parametrize("code", TABLE)
def test_days_and_totals_of_every_language(read: Read, code: str) -> None:
    headings = TABLE[code]["headings"]
    days = [f"2026-06-0{day}" for day in range(1, 4)]
    rows = "".join(f"{day},1\n" for day in days)
    for total in TABLE[code]["total"]:
        reading = read(f"{headings['date'][0]},{headings['views'][0]}\n{total},3\n{rows}")
        assert (reading.report.format, reading.report.totals) == ("studio_daily", 1)
        assert [row["on_date"] for row in reading.rows.values()] == days


def test_headings_left_in_english_or_of_another_language_are_understood() -> None:
    header = (
        "Video title",
        "Horário de publicação do vídeo",
        "Vistas",
        "Tempo de exibição (horas)",
        "Impressions",
        "Inscritos",
        "Mond",
    )
    translated, code = translate(fold_all(header), is_english)
    assert code == "pt"
    assert [heading.name for heading in translated] == [
        "video title",
        "video publish time",
        "views",
        "watch time",
        "impressions",
        "subscribers",
        "mond",
    ]


def test_archives_in_english_are_left_alone() -> None:
    for header in (
        "video_id,videos,comments,date",
        "Content,Views",
        "Date,Rank,Topic,Peak_Volume",
        "clickability_test_id,headline",
    ):
        headings = fold_all(header.split(","))
        assert translate(headings, is_english) == (headings, "en")


@pytest.mark.parametrize(
    ("heading", "ours"),
    [
        ("Thumbnail-Impressionen", "impressions"),
        ("Thumbnail-Klickrate (%)", "impressions click through rate"),
        ("Impresiones de miniaturas", "impressions"),
        ("Taux de clics des miniatures (%)", "impressions click through rate"),
        ("サムネイルのインプレッション数", "impressions"),
        ("썸네일 노출수", "impressions"),
        ("Показы значков видео", "impressions"),
    ],
)
def test_headings_of_2026_name_the_thumbnail(heading: str, ours: str) -> None:
    assert ours in {language.name_of(fold(heading).name) for language in languages().values()}


def test_total_words_are_no_names_of_ours() -> None:
    assert {"total", "gesamt", "合計", "всего", "कुल"} <= total_words()
    assert not any(is_known_heading(word) for word in total_words())


def test_a_heading_that_nobody_knows_is_named(read: Read) -> None:
    reading = read("Inhalte,Videotitel,Aufrufe,Mondphase,Funkeln (%)\naaaaaaaaaaa,x,5,voll,7\n")
    assert reading.report.unknown == ["Mondphase", "Funkeln (%)"]
    assert reading.report.notes == ["2 columns that nobody knows here are kept as written: Mondphase, Funkeln (%)"]
    assert reading.row["other"] == {"Mondphase": "voll", "Funkeln (%)": "7"}


def test_a_comma_that_other_numbers_prove_is_a_decimal_mark(read: Read) -> None:
    header = "Content,Video title,Views,Watch time (hours),Average percentage viewed (%)\n"
    rows = list(read(f'{header}aaaaaaaaaaa,x,5,"1,234","3,5"\nbbbbbbbbbbb,y,5,"2,5","3,5"\n').rows.values())
    assert [row["watch_time_hours"] for row in rows] == [1.234, 2.5]
    assert read(f'{header}aaaaaaaaaaa,x,5,"1,234",3.5\n').row["watch_time_hours"] == 1234


def test_slashes_are_read_as_the_language_writes_them(read: Read) -> None:
    assert read("Date,Vues\n03/04/2026,1\n").row["on_date"] == "2026-04-03"
    assert read("Date,Views\n03/04/2026,1\n").row["on_date"] == "2026-03-04"
    assert read("Datum,Weergaven\n03-04-2026,1\n").row["on_date"] == "2026-04-03"
