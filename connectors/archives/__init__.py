"""Readers of files that people already have: Studio exports, chart archives, trend archives, headline tests, texts.

`files` finds and opens them, `lines` and `parquet` read them in pieces, `headings`, `columns` and `cells` fold what exporters
write in many ways, `formats` says what a file is, `importing` lands it. Everything in such a file is untrusted data."""
