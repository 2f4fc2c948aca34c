"""Films are made in languages that fonts can set; texts are in them; numbers of any notation are checked."""

from datetime import date

import pytest
from babel.dates import format_date
from babel.numbers import format_compact_decimal, format_decimal

from core.errors import InvalidInput
from core.languages import locale_of
from generation.writing.numbers import numbers_in, unsupported
from generation.writing.tongue import in_english_notation, require_writable, stray_language, undrawn


@pytest.mark.parametrize(
    ("tag", "text", "english"),
    [
        ("en", "2,3 Millionen am 7. Juni", "2,3 Millionen am 7. Juni"),
        ("de", "2,3 Millionen Aufrufe am 7. Juni 2026", "2.3 million Aufrufe am June 7, 2026"),
        ("de", "2,3 Mio. oder 2.345.678, am 07.06.2026", "2.3 million oder 2345678, am June 7, 2026"),
        ("de", "zwei Millionen, eine Million, 45 Tausend", "2 million, eine 1 million, 45 thousand"),
        ("de-CH", "1’234’567", "1234567"),
        ("fr", "1 234 567 vues le 7 juin, soit 2,3 millions", "1234567 vues le June 7, soit 2.3 million"),
        ("es", "3 mil millones y 1.200 millones el 7 de junio de 2026", "3 billion y 1200 million el June 7, 2026"),
        ("pt-BR", "1,2 bilhão e 45 mil em 7 de junho", "1.2 billion e 45 thousand em June 7"),
        ("ru", "2,3 миллиона и 45 тыс. просмотров 7 июня", "2.3 million и 45 thousand просмотров June 7"),
        ("tr", "2,3 milyon, 7 Haziran 2026", "2.3 million, June 7, 2026"),
        ("vi", "2,3 triệu vào ngày 7 tháng 6", "2.3 million vào ngày June 7"),
        ("de", "am 2026-06-07, in 24 Stunden, Platz 1", "am June 7, 2026, in 24 Stunden, Platz 1"),
        ("de", "am 31.13.2026", "am 31/13/2026"),
    ],
)
def test_numbers_and_dates_are_read_in_the_notation_of_their_language(tag, text, english):
    assert in_english_notation(text, tag) == english


@pytest.mark.parametrize(
    ("tag", "text", "wrong"),
    [
        ("de", "2,3 Millionen neue Aufrufe", []),
        ("de", "9,7 Millionen neue Aufrufe", ["9.7 million"]),
        ("de", "eine Million neue Aufrufe", ["1 million"]),
        ("fr", "trois millions de vues", ["3 million"]),
        ("es", "2,3 mil millones de vistas", ["2.3 billion"]),
    ],
)
def test_a_false_number_is_found_in_any_notation(tag, text, wrong):
    assert unsupported(in_english_notation(text, tag), [2_345_678]) == wrong


NAMES = ("Modern Warfare 4", "Official Reveal Trailer", "Channel B")


@pytest.mark.parametrize(
    ("tag", "text", "stray"),
    [
        ("de", "Modern Warfare 4 in the Charts. A Game Rises", "en"),
        ("de", "Modern Warfare 4 in den Charts. Ein Spiel steigt", None),
        ("de", "Das war Pixel Pulse. See you tomorrow, we read the charts every day.", "en"),
        ("de", "Modern Warfare 4: Official Reveal Trailer", None),
        ("en", "Modern Warfare 4 in the Charts. A Game Rises", None),
        ("en", "Modern Warfare 4 in den Charts. Ein Spiel steigt auf", "de"),
        ("en", "Und zweimal täglich lesen wir die Listen, damit niemand etwas verpasst.", "de"),
        ("nb", "Hva skjer i spill i dag? Vi leser tallene fra listene.", None),
        ("hr", "Što raste u igrama? Čitamo liste svaki dan i brojimo preglede.", None),
        ("fr", "¿Qué sube hoy en las listas? Las leemos todos los días.", "es"),
        ("chr", "We read the charts every day, and these are the biggest movers.", "en"),
        ("de", "Charts", None),
    ],
)
def test_a_text_in_another_language_is_told(tag, text, stray):
    assert stray_language(text, tag, NAMES) == stray


@pytest.mark.parametrize(
    ("tag", "named"),
    [
        ("hi", "Hindi.*Devanagari"),
        ("ja", "Japanese"),
        ("ar", "Arabic"),
        ("zh-TW", "Chinese"),
        ("ko", "Korean"),
        ("he", "Hebrew"),
        ("th", "Thai"),
    ],
)
def test_a_language_that_no_font_can_set_is_refused_by_name(tag, named):
    with pytest.raises(InvalidInput, match=f"cannot be made in {named}"):
        require_writable(tag)


@pytest.mark.parametrize("tag", ["en", "de", "ru", "el", "ka", "hy", "vi", "tr", "sr-Latn", "pl"])
def test_languages_of_drawn_letters_are_fine(tag):
    require_writable(tag)


@pytest.mark.parametrize(
    ("text", "writing"),
    [
        ("Größe, Žluťoučký kůň, Tiếng Việt, ŻÓŁĆ, Привет, Καλημέρα, ქართული, Հայերեն", ""),
        ("𝐌odern Ｗarfare 4 🔥 ½ € … ʼ", ""),
        ("رتفع المشاهدات", "Arabic"),
        ("He said नमस्ते", "Devanagari"),
        ("東京", "Han"),
        ("ไทย เกม 한", "Thai and Hangul"),
    ],
)
def test_letters_without_a_glyph_are_named(text, writing):
    assert undrawn(text) == writing


TESTED = (
    *("de", "es", "fr", "it", "pt", "nl", "pl", "tr", "ru", "sv", "da", "nb", "fi", "cs", "sk", "hu"),
    *("ro", "bg", "hr", "sr", "el", "uk", "lt", "lv", "et", "sl", "id", "vi", "ca"),
)


@pytest.mark.parametrize("tag", TESTED)
def test_what_a_language_writes_by_its_own_rules_is_read_back(tag):
    locale = locale_of(tag)
    for value in (2_345_678, 45_000, 1_000_000, 3_000_000_000):
        for form in ("long", "short"):
            written = format_compact_decimal(value, format_type=form, locale=locale, fraction_digits=1)
            (number,) = numbers_in(in_english_notation(written, tag))
            assert number.matches(value), written
    (number,) = numbers_in(in_english_notation(format_decimal(1_234_567, locale=locale), tag))
    assert number.value == 1_234_567
    for form in ("long", "medium"):
        assert "June 7, 2026" in in_english_notation(format_date(date(2026, 6, 7), form, locale=locale), tag)
