"""What is said for what is written, and when each caption word is heard."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.media.speech import caption_words, sentences_of, spoken_text, time_words
from connectors.media.spoken import cardinal
from core.errors import InvalidInput


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("42%", "forty-two percent"),
        ("+240%", "plus two hundred forty percent"),
        ("1.2M", "one point two million"),
        ("71K", "seventy-one thousand"),
        ("3,400", "three thousand four hundred"),
        ("1,234,567", "one million two hundred thirty-four thousand five hundred sixty-seven"),
        ("#1", "number one"),
        ("21st", "twenty-first"),
        ("30th,", "thirtieth,"),
        ("2026", "twenty twenty-six"),
        ("1905", "nineteen oh five"),
        ("2000", "two thousand"),
        ("$1.50", "one dollar and fifty cents"),
        ("$1", "one dollar"),
        ("€2.5M", "two point five million euros"),
        ("24h", "twenty-four hours"),
        ("views/h", "views per hour"),
        ("5x", "five times"),
        ("&", "and"),
        ("vs.", "versus"),
        ("don't", "don't"),
        ("(really?)", "really?"),
        ("naïve", "naïve"),
    ],
)
def test_a_written_word_is_spelt_out_for_the_ear(written, spoken):
    (word,) = caption_words(written)
    assert (word.text, word.spoken) == (written, spoken)


def test_markup_addresses_and_emoji_are_not_spoken():
    text = "# Hello 👋🏽 **big** _bold_ [link](https://a.b/c) `code`\n- see https://www.youtube.com/watch?v=1 — now!"
    words = caption_words(text)
    assert [word.text for word in words] == ["Hello", "big", "bold", "link", "code", "see", "youtube.com\u00a0—", "now!"]
    assert words[6].spoken == "youtube dot com"


def test_sentences_end_at_marks_and_lines_but_not_at_abbreviations_or_decimals():
    words = caption_words("Dr. Who vs. 2.5 Daleks. It won!\nNext line")
    assert [" ".join(word.text for word in words[a:b]) for a, b in sentences_of(words)] == [
        "Dr. Who vs. 2.5 Daleks.",
        "It won!",
        "Next line",
    ]
    assert [word.ends_line for word in words].count(True) == 2


def test_other_languages_keep_their_words():
    assert [word.spoken for word in caption_words("12 % mehr, ja!", language="de-DE")] == ["12", "mehr,", "ja!"]


@pytest.mark.parametrize("text", ["", "  \n ", "👋 — !!", "***"])
def test_nothing_to_say_is_refused(text):
    with pytest.raises(InvalidInput):
        caption_words(text)


@given(st.integers(0, 10**15 - 1))
def test_numbers_are_read_back_from_their_words(number):
    units = {cardinal(value): value for value in range(20)} | {
        name: value * 10
        for value, name in enumerate(("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), 2)
    }
    scales = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
    total = group = 0
    for word in re.split("[ -]", cardinal(number)):
        if word == "hundred":
            group *= 100
        elif word in scales:
            total, group = total + group * scales[word], 0
        else:
            group += units[word]
    assert total + group == number


@given(st.text(max_size=200), st.sampled_from(["en-US", "de-DE"]))
def test_any_text_gives_words_that_can_be_shown_and_spoken(text, language):
    try:
        words = caption_words(text, language=language)
    except InvalidInput:
        return
    for word in words:
        assert word.text
        assert not re.search(r"[ \t\n\r]", word.text)
        assert any(map(str.isalnum, word.spoken))
        assert "\n" not in word.spoken
    assert words[-1].ends_line
    assert words[-1].ends_sentence
    ranges = sentences_of(words)
    assert [number for a, b in ranges for number in range(a, b)] == list(range(len(words)))
    spoken, starts = spoken_text(words)
    assert [spoken[start : start + len(word.spoken)] for start, word in zip(starts, words, strict=True)] == [
        w.spoken for w in words
    ]


@given(st.lists(st.tuples(st.integers(-5, 80), st.floats(-1, 12)), max_size=12), st.floats(0, 5), st.floats(0.1, 5))
def test_word_times_never_run_backwards_whatever_the_voice_reports(marks, begin, length):
    words = caption_words("one two 3.5M of the words, in order")
    timed = time_words(words, [(max(character, 0), second) for character, second in marks], begin, begin + length)
    assert [word.text for word in timed] == [word.text for word in words]
    assert timed[0].start_seconds == begin
    assert timed[-1].end_seconds == begin + length
    for before, after in pairwise(timed):
        assert before.start_seconds <= before.end_seconds == after.start_seconds
