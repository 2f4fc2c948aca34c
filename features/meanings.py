"""What titles and scripts mean, as numbers: sentence vectors, brought to a few dimensions by a projection that nothing is fitted
for. How they are said is `features.texts` and `features.scripts`."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import polars as pl

from features.similarity import SCRIPT_CHARACTERS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from connectors.embeddings.encoder import Encoder

DIMENSIONS = 24
TITLE_MEANING = tuple(f"title_meaning_{place:02}" for place in range(DIMENSIONS))
SCRIPT_MEANING = tuple(f"script_meaning_{place:02}" for place in range(DIMENSIONS))
SIMILARITY = "script_title_similarity"
MEANING_COLUMNS = (*TITLE_MEANING, *SCRIPT_MEANING, SIMILARITY)
"""What `meaning_columns` gives, in order."""

_SEED = 20261130
"""Other directions would be other features under the same names: a change needs a new version of the services."""
_DECIMALS = 6


def meaning_columns(titles: pl.Series, scripts: pl.Series) -> pl.DataFrame:
    """Place titles and the beginnings of their scripts by meaning: one Float64 column of each of MEANING_COLUMNS.

    `title_meaning_…` and `script_meaning_…` are coordinates in `projection`, SIMILARITY is the cosine of the two whole vectors.
    An unknown or blank text has none. A text has the same numbers in every call. Raises what the encoder raises.
    """
    import numpy as np

    heads = [series.cast(pl.String).str.slice(0, SCRIPT_CHARACTERS).to_list() for series in (titles, scripts)]
    texts = list(dict.fromkeys(text for column in heads for text in column if text and text.strip()))
    place_of = {text: place for place, text in enumerate(texts)}
    encoder = _encoder()
    unknown = np.full((1, encoder.dimension), np.nan)
    vectors = np.vstack([encoder.encode(texts).astype(np.float64), unknown])
    title, script = (vectors[[place_of.get(text, -1) for text in column]] for column in heads)
    cosines = np.sum(title * script, axis=1, keepdims=True)
    told = np.hstack([title @ projection(), script @ projection(), cosines]).round(_DECIMALS)
    return pl.DataFrame(told, schema=dict.fromkeys(MEANING_COLUMNS, pl.Float64)).fill_nan(None)


@cache
def projection() -> NDArray[np.float64]:
    """Orthogonal directions drawn once for all, shape (384, 24), scaled so that dot products are kept on the average.

    After Johnson and Lindenstrauss (1984): whatever the data, what is near stays near; lengths hold to about a seventh.
    """
    import numpy as np

    from connectors.embeddings.encoder import DIMENSION

    # The stream of RandomState is frozen by NEP 19; that of Generator may change with a release of numpy. The signs of a QR are
    # the library's choice; a positive diagonal of R leaves none.
    drawn: Any = np.random.RandomState(_SEED).normal(size=(DIMENSION, DIMENSIONS))
    directions, upper = np.linalg.qr(drawn)
    scaled: NDArray[np.float64] = directions * np.sign(np.diag(upper)) * np.sqrt(DIMENSION / DIMENSIONS)
    return scaled


@cache
def _encoder() -> Encoder:
    from connectors.embeddings.minilm import MiniLmEncoder

    # Always the local one: with a key in the settings `open_encoder` would give vectors of another model under the same names, so
    # that a model trained before would read nonsense, and scoring a draft would cost money. One text a batch, because padding to
    # the length of a neighbour moves the last digits, and features must not depend on what else was asked.
    return MiniLmEncoder(batch=1)
