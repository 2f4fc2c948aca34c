"""What English says for what is written: numbers, units, money, dates, codes, initials, and where sentences end."""

import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.media.speech import caption_words, sentences_of
from connectors.media.spoken import UNKNOWN, cardinal, readings

SHARED = Path(__file__).parents[5] / "shared"


def said(text: str) -> str:
    return " ".join(reading.said for reading in readings(text.split()) if reading.said)


def sentences(text: str) -> list[str]:
    words = caption_words(text)
    return [" ".join(word.text for word in words[a:b]) for a, b in sentences_of(words)]


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        # scores and ranges
        ("They won 4-1.", "They won four to one."),
        ("110-98", "one ten to ninety-eight"),
        ("in 10–15 days", "in ten to fifteen days"),
        ("$5-10 each", "five to ten dollars each"),
        ("3-4kg", "three to four kilograms"),
        ("1990-1995", "nineteen ninety to nineteen ninety-five"),
        ("season 2025-26", "season twenty twenty-five twenty-six"),
        # names with numbers
        ("Apollo-11", "Apollo eleven"),
        ("MP3", "MP three"),
        ("a 3-year-old", "a three year old"),
        ("7OF", "seven O F"),
        ("Top-10", "Top ten"),
        ("2K26", "two K twenty-six"),
        # magnitudes and screens
        ("4K", "four K"),
        ("4K views", "four thousand views"),
        ("8K video", "eight K video"),
        ("12K subscribers", "twelve thousand subscribers"),
        ("250K", "two hundred fifty thousand"),
        ("10m views", "ten million views"),
        ("a 5m drop", "a five meter drop"),
        ("3bn people", "three billion people"),
        # units
        ("120km/h", "one hundred twenty kilometers per hour"),
        ("1kg", "one kilogram"),
        ("6ft tall", "six feet tall"),
        ("20 km away", "twenty kilometers away"),
        ("60fps", "sixty frames per second"),
        ("30°C", "thirty degrees Celsius"),
        ('a 65" screen', "a sixty-five inch screen"),
        ('the "Class of 92"', "the Class of ninety-two"),
        # groupings
        ("1.234.567", "one million two hundred thirty-four thousand five hundred sixty-seven"),
        ("12.000", "twelve thousand"),
        ("1,50,000", "one hundred fifty thousand"),
        ("9’999", "nine thousand nine hundred ninety-nine"),
        ("1.25", "one point two five"),
        # fractions
        ("3/4 of it", "three quarters of it"),
        ("1/3", "a third"),
        ("½ price", "half price"),
        ("2½ hours", "two and a half hours"),
        ("9/10", "nine out of ten"),
        ("24/7", "twenty-four seven"),
        # years, decades, dates, times, versions
        ("the 80s", "the eighties"),
        ("the 2010s", "the twenty tens"),
        ("in 1905", "in nineteen oh five"),
        ("2026-02-06", "February sixth twenty twenty-six"),
        ("31.12.1999", "December thirty-first nineteen ninety-nine"),
        ("03/04/2026", "three four twenty twenty-six"),
        ("at 7:05 pm", "at seven oh five pm"),
        ("8PM", "eight p m"),
        ("12:00", "twelve o'clock"),
        ("16:9", "sixteen to nine"),
        ("1.20.4", "one point twenty point four"),
        ("v2.5", "version two point five"),
        # money
        ("a $250 phone", "a two hundred fifty dollar phone"),
        ("it cost $250.", "it cost two hundred fifty dollars."),
        ("the $250 was mine", "the two hundred fifty dollars was mine"),
        ("$5 million", "five million dollars"),
        ("a $5 million house", "a five million dollar house"),
        ("€1.2M", "one point two million euros"),
        ("500₹", "five hundred rupees"),
        ("$0.99", "ninety-nine cents"),
        # initials, abbreviations, marks
        ("R.E.M. and T.I.", "R E M and T I"),
        ("J.R.R. Tolkien", "J R R Tolkien"),
        ("Song (feat. Somebody)", "Song featuring Somebody"),
        ("Ep.3", "episode three"),
        ("No. 5", "number five"),
        ("P!NK", "PINK"),
        ("#shorts", "shorts"),
        ("#100", "number one hundred"),
        ("1v1", "one versus one"),
        ("4x4", "four by four"),
        ("10x", "ten times"),
        ("007", "zero zero seven"),
        ("views/day", "views per day"),
        ("SKY|New", "SKY New"),
    ],
)
def test_what_is_written_is_read_as_people_read_it(written, spoken):
    assert said(written) == spoken


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("He said no. Then he left.", ["He said no.", "Then he left."]),
        ("It is No. 5 of ten.", ["It is No. 5 of ten."]),
        ("Born in the U.S. by chance.", ["Born in the U.S. by chance."]),
        ("She left the U.S. Then she wrote.", ["She left the U.S.", "Then she wrote."]),
        ("At 9 a.m. sharp. Done!", ["At 9 a.m. sharp.", "Done!"]),
        ("J. K. Rowling wrote it.", ["J. K. Rowling wrote it."]),
        ("Acme Inc. bought it. They paid.", ["Acme Inc. bought it.", "They paid."]),
        ("They sold it to Acme Inc. The price was low.", ["They sold it to Acme Inc.", "The price was low."]),
        ("It grew 2.5 times. Why?", ["It grew 2.5 times.", "Why?"]),
    ],
)
def test_a_point_ends_a_sentence_only_where_one_ends(text, parts):
    assert sentences(text) == parts


def test_an_emoji_between_words_joins_nothing():
    assert [word.text for word in caption_words("SONG🔥Live 1🔴THE")] == ["SONG", "Live", "1", "THE"]


@given(st.integers(0, 10**15 - 1))
def test_a_number_is_said_without_and_or_commas(number):
    assert not {",", "and"} & set(cardinal(number).replace(",", " , ").split())


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Z", "C"]), min_size=1, max_size=12), max_size=8))
def test_every_token_has_one_reading_that_holds_only_what_can_be_said(tokens):
    found = readings(tokens)
    assert len(found) == len(tokens)
    assert found == readings(tokens)
    for reading in found:
        assert reading.kind
        assert "\n" not in reading.said


def test_field_cases_are_read_right():
    file = SHARED / "cases" / "speech.json"
    if not file.exists():
        pytest.skip("needs the field cases beside the checkout")
    for case in json.loads(file.read_text()):
        spoken = said(case["text"]).lower()
        if case["right"] == "two sentences":
            assert len(sentences(case["text"])) == 2
        else:
            for piece in case["right"].lower().removesuffix(", no break").split(", "):
                assert piece in spoken, (case["text"], spoken)
    assert len(sentences("in the U.S. at 9:30 a.m. by J.K. and Prof. Lee of Acme Inc. today")) == 1


@pytest.mark.data
@pytest.mark.skipif(not (SHARED / "data").is_dir(), reason="the real data set is not here")
def test_of_a_thousand_tokens_of_real_titles_at_most_one_has_no_class():
    from connectors.media.speech import _clean

    titles = pl.concat(
        pl.read_csv(file, columns=["title"], infer_schema=False)
        for file in sorted((SHARED / "data" / "trending_2026").glob("*.csv.gz"))
    )
    kinds = [
        reading.kind for title in titles["title"].unique().sort().gather_every(8) for reading in readings(_clean(title).split())
    ]
    assert len(kinds) > 20_000
    assert kinds.count(UNKNOWN) / len(kinds) < 0.001
