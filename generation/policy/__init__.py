"""What may be said: prohibited and regulated terms, advertiser-friendliness, links, claims, limits of metadata, variation.

Each check takes a script and gives findings; `generation.steps.policy` runs them, applies the modifications and gives the
verdict. The terms are data (`terms.toml`), so that an operator changes them without touching code."""
