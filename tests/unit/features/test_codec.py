"""Statistics that are fitted once."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from features.codec import Input, Scale, fit_codec, matrix

INPUTS = (Input("plain"), Input("count", Scale.LOG), Input("code", Scale.CATEGORY), Input("never"))


def test_statistics_are_those_of_the_known_values() -> None:
    raw = np.array([[1, 0, 20, np.nan], [3, np.e - 1, 20, np.nan], [np.nan, np.nan, 10, np.inf]], dtype=np.float32)

    codec = fit_codec(raw, INPUTS, common=2)

    assert codec.names == ("plain", "count", "code", "never")
    assert codec.number_columns == (0, 1, 3)
    assert codec.means == pytest.approx((2, 0.5, 0))
    assert codec.deviations == pytest.approx((1, 0.5, 1))
    assert codec.seen == (True, True, False)
    assert codec.unseen_names() == ["never"]
    assert codec.vocabularies == ((20,),)


def test_no_rows_and_constant_columns_give_a_codec_that_divides_by_nothing() -> None:
    assert fit_codec(np.zeros((0, 4)), INPUTS).deviations == (1, 1, 1)
    assert fit_codec(np.full((5, 4), 7.0), INPUTS).deviations == (1, 1, 1)


def test_a_frame_becomes_a_matrix_in_the_order_of_the_inputs() -> None:
    frame = pl.DataFrame({"count": [1, None], "plain": [True, False], "never": [None, None], "code": [20, 10]})

    np.testing.assert_equal(matrix(frame, INPUTS), np.array([[1, 1, 20, np.nan], [0, np.nan, 10, np.nan]], dtype=np.float32))
