"""Headlines of news as numbers: the titles' measures, and cues of how a story is told. Nothing is fitted.

The cues are English, as the headline tests are; in another language they are 0."""

from __future__ import annotations

import polars as pl

from features.texts import title_columns

CUES = {
    "you": r"\byou(r|rs|'re|'ll|'ve|rself)?\b",
    "i": r"\b(i|my|me|i'm|i've|we|our|us)\b",
    "he": r"\b(he|his|him|he's)\b",
    "she": r"\b(she|her|hers|she's)\b",
    "they": r"\b(they|their|them|they're)\b",
    "this": r"\b(this|these|that|those)\b",
    "question_word": r"\b(what|why|how|who|when|where)\b",
    "starts_with_question_word": r"^\W*(what|why|how|who|when|where)\b",
    "negation": r"\b(not|no|never|nothing|nobody|none|\w+n't)\b",
    "second_sentence": r"[.!?]['\"”]?\s+\S",
    "quotation": r"['\"‘“][^'\"’”]+['\"’”]",
    "trailing_dots": r"\.\.\.|…",
    "article": r"\b(a|an)\b",
    "definite": r"\bthe\b",
    "extreme": r"\b(most|best|worst|ever|only|every|all|always)\b",
    "praise": r"\b(amazing|awesome|incredible|beautiful|brilliant|hilarious|powerful|perfect|epic|adorable|great)\b",
    "alarm": r"\b(scary|shocking|horrifying|terrifying|disturbing|dangerous|kill\w*|die[sd]?|dead|death|rape\w*|abus\w*)\b",
    "person": r"\b(guy|man|men|woman|women|girl|boy|kid|mom|dad|mother|father|son|daughter|teen|teacher|baby|wife|husband)s?\b",
    "medium": r"\b(video|watch|see|look|here|here's|photo|clip|ad|chart|map|picture|song|speech)s?\b",
    "politics": r"\b(obama|republican|democrat|congress|senat|gop|fox|politic|tax|vote|gun|law)\w*",
    "turn": r"\b(happens|happened|next|then|until|till|after|before|because|turns|but|now)\b",
    "number": r"\b\d+\b",
    "starts_with_number": r"^\W*\d",
    "starred": r"\*\w",
    "pause": r"[:;—–]|\s-\s",
    "ends_with_question": r"\?\W*$",
    "ends_with_stop": r"\.['\"”]?$",
    "ends_with_shout": r"!\W*$",
    "past": r"\b(was|were|had|did|said|got|made|told|gave|took|went)\b",
    "present": r"\b(is|are|has|does|says|gets|makes|tells|gives|takes|goes)\b",
    "maybe": r"\b(could|would|should|might|may|must)\b",
    "casual": r"\b(just|really|pretty|kinda|actually|totally|some|thing|stuff)\b",
}
"""What marks a way of telling, in lower case with straight apostrophes."""

_MOST = 3
"""Times beyond which a cue counts for no more."""


def headline_columns(headlines: pl.Series) -> pl.DataFrame:
    """Measure headlines: the columns of `title_columns`, `cue_…` for each of CUES, and lengths as squares too; all Float32."""
    plain = headlines.cast(pl.String).fill_null("").str.replace_all("[’‘]", "'").str.strip_chars()
    frame = pl.DataFrame({"headline": plain, "lower": plain.str.to_lowercase()}).select(
        *(pl.col("lower").str.count_matches(cue).clip(0, _MOST).alias(f"cue_{name}") for name, cue in CUES.items()),
        words_squared=pl.col("headline").str.count_matches(r"\S+").cast(pl.Float64) ** 2,
        characters_squared=pl.col("headline").str.len_chars().cast(pl.Float64) ** 2,
        sentences=pl.col("headline").str.count_matches(r"[.!?]+(?:\s|$)"),
        first_sentence=pl.col("headline").str.extract(r"^([^.!?]+)").str.len_chars().fill_null(0),
    )
    return title_columns(headlines).hstack(frame.select(pl.all().cast(pl.Float32)))
