"""Scripts of videos as numbers, a whole column at a time: how long they are, how they are said, how they begin, and what they
keep of their title. Nothing is fitted. Words are those of `features.texts`; what a script means is `features.meanings`.

In scripts without spaces (Chinese, Japanese, Thai) a run of letters counts as one word."""

from __future__ import annotations

import polars as pl

from features.texts import MARKERS, normalised, split_words, words

LONGEST = 10_000
"""Characters that are read, about eleven minutes of speech; what follows changes nothing."""

SCRIPT_COLUMNS = (
    "script_characters",
    "script_words",
    "script_sentences",
    "script_lines",
    "script_words_per_sentence",
    "script_longest_sentence_words",
    "script_characters_per_word",
    "script_distinct_share",
    "script_questions_per_100_words",
    "script_exclamations_per_100_words",
    "script_numbers_per_100_words",
    "script_first_person_share",
    "script_second_person_share",
    "script_hook_words",
    "script_hook_has_question",
    "script_hook_has_number",
    "script_title_share",
    "script_hook_title_share",
)
"""What `script_columns` gives, in order."""

_SECOND_PERSON = (
    "you|your|yours|yourself|yourselves|youre|youll|youve|youd|tú|tu|tus|ti|te|usted|ustedes|vos|você|vocês|seu|sua|vous|votre|vos|"
    "toi|du|dich|dir|dein[^ ]*|ihr|euch|sen|siz|sana|senin|kamu|anda|kalian|ты|тебя|тебе|вы|вас|вам|ваш[^ ]*"
)
"""Whole words in lower case that speak to the viewer, in the languages of `features.texts.MARKERS`."""
_SENTENCE_END = r"[!?؟。]+[\"”’»」』)\]]*|\.+[\"”’»)\]]*(?:\s|$)|[।॥]"
"""A full stop ends a sentence before a space only, as the point of 3.5 does not. A line ends one too."""


def script_columns(scripts: pl.Series, titles: pl.Series) -> pl.DataFrame:
    """Measure the scripts of videos with these titles: one Float32 column of each of SCRIPT_COLUMNS.

    All are null for a script that is unknown or has no word. Shares are of the script's words (distinct ones, first and second
    person), or of the title's distinct words (said in the script, or in its hook: the first sentence), null for a title without.
    """
    text, count, title = pl.col("text"), pl.col("count"), pl.col("title")
    has_word = pl.element().str.contains(r"[\p{L}\p{M}\p{N}]")
    sentences = text.str.replace_all(_SENTENCE_END, "${0}\n").str.split("\n").list.eval(pl.element().filter(has_word))
    frame = (
        pl.DataFrame({"text": normalised(scripts, LONGEST), "title": words(titles).list.unique()})
        .with_columns(words=split_words(text), sentences=sentences, hook=sentences.list.first())
        .with_columns(
            count=pl.col("words").list.len(),
            hook_words=split_words(pl.col("hook")),
            sentence_words=pl.col("sentences").list.eval(split_words(pl.element()).list.len()),
        )
    )
    measures = {
        "script_characters": text.str.len_chars(),
        "script_words": count,
        "script_sentences": pl.col("sentences").list.len(),
        "script_lines": text.str.split("\n").list.eval(has_word).list.sum(),
        "script_words_per_sentence": pl.col("sentence_words").list.mean(),
        "script_longest_sentence_words": pl.col("sentence_words").list.max(),
        "script_characters_per_word": pl.col("words").list.eval(pl.element().str.len_chars()).list.mean(),
        "script_distinct_share": pl.col("words").list.n_unique() / count,
        "script_questions_per_100_words": 100 * text.str.count_matches(r"[?؟]") / count,
        "script_exclamations_per_100_words": 100 * text.str.count_matches("!") / count,
        "script_numbers_per_100_words": 100 * text.str.count_matches(r"\p{Nd}+(?:[.,]\p{Nd}+)*") / count,
        "script_first_person_share": _share_of(MARKERS["first_person"][0]),
        "script_second_person_share": _share_of(_SECOND_PERSON),
        "script_hook_words": pl.col("hook_words").list.len(),
        "script_hook_has_question": pl.col("hook").str.contains(r"[?؟]"),
        "script_hook_has_number": pl.col("hook").str.contains(r"\p{Nd}"),
        "script_title_share": title.list.set_intersection("words").list.len() / title.list.len(),
        "script_hook_title_share": title.list.set_intersection("hook_words").list.len() / title.list.len(),
    }
    return frame.select(
        pl.when(count > 0).then(measures[name].cast(pl.Float32).fill_nan(None)).alias(name) for name in SCRIPT_COLUMNS
    )


def _share_of(kind: str) -> pl.Expr:
    """Share of a script's words that are of a kind, a pattern of whole words."""
    return pl.col("words").list.eval(pl.element().str.contains(f"^(?:{kind})$")).list.mean()
