"""Words of a title as codes, for networks that learn what words mean: hashed, so that no vocabulary is fitted or kept."""

from __future__ import annotations

import zlib

import polars as pl

TOKENS = 16
"""Words of a title that are looked at; nine titles in ten have no more."""
CODES = 4096


def token_columns(titles: pl.Series, tokens: int = TOKENS, codes: int = CODES) -> pl.DataFrame:
    """`title_token_0` …: codes 1 to `codes` − 1 of a title's first words in any script, in order; null where there is none.

    The hash is CRC-32 of the lower-case word: the same on every machine and in every version."""
    words = titles.cast(pl.String).str.to_lowercase().str.extract_all(r"[\p{L}\p{M}\p{N}]+").rename("word")
    known = words.explode().drop_nulls().unique()
    code = pl.Series("code", [1 + zlib.crc32(word.encode()) % (codes - 1) for word in known], dtype=pl.Int64)
    every = pl.DataFrame({"row": pl.int_range(len(titles), eager=True)})
    rows = every.with_columns(word=words).explode("word")
    rows = rows.join(pl.DataFrame({"word": known, "code": code}), on="word", how="left", maintain_order="left")
    # Titles without a word have no row left.
    lists = every.join(rows.group_by("row", maintain_order=True).agg("code"), on="row", how="left", maintain_order="left")
    return lists.select(
        pl.col("code").list.get(place, null_on_oob=True).cast(pl.Float64).alias(f"title_token_{place}") for place in range(tokens)
    )
