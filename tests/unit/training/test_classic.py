"""The literature's methods against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.errors import InvalidInput, NotReady
from training.classic import fit_multivariate, fit_radial, fit_szabo_huberman, relative_squared_error


def test_the_scaling_factor_is_the_one_of_least_relative_error() -> None:
    early, later = [10, 10], [20, 40]  # r = 1/2, 1/4: (3/4) / (5/16) = 2.4

    model = fit_szabo_huberman(early, later)

    assert model.factor == pytest.approx(2.4)
    np.testing.assert_allclose(model.predict([10, 5]), [24, 12])
    # (24/20 − 1)² = .04, (24/40 − 1)² = .16
    assert relative_squared_error(later, model.predict(early)) == pytest.approx(0.1)


def test_on_logarithms_the_factor_is_the_geometric_mean() -> None:
    assert fit_szabo_huberman([10, 10], [20, 80], loss="log").factor == pytest.approx(4)


def test_weights_of_days_are_found() -> None:
    # Days (1, 0) → 2 and (0, 1) → 5 decide both weights; a row that follows them changes nothing.
    model = fit_multivariate([[1, 0], [0, 1], [2, 3]], [2, 5, 19])
    np.testing.assert_allclose(model.weights, [2, 5])
    np.testing.assert_allclose(model.predict([[10, 10]]), [70])


def test_of_one_day_the_multivariate_method_is_the_scaling() -> None:
    early, later = np.array([[3.0], [9], [14], [2]]), np.array([30.0, 55, 200, 4])
    assert fit_multivariate(early, later).weights[0] == pytest.approx(fit_szabo_huberman(early[:, 0], later).factor)


def test_a_radial_basis_in_one_point_by_hand() -> None:
    """Two rows, a centre in each: four weights for two equations, so that both are met."""
    series, later = np.array([[1.0], [100.0]]), np.array([10.0, 150.0])

    model = fit_radial(series, later, centres=2, width=1.0, ridge=1e-12)

    np.testing.assert_allclose(model.centres, np.log1p([[1], [100]]))
    np.testing.assert_allclose(model.predict(series), later, rtol=1e-6)
    likeness = np.exp(-((np.log1p(5) - np.log1p([1, 100])) ** 2) / 2)
    expected = 5 * model.weights[0] + 5 * likeness @ model.weights[1:]
    np.testing.assert_allclose(model.predict([[5]]), [expected])


def test_radial_bases_know_that_large_videos_grow_otherwise() -> None:
    views = np.exp(np.random.default_rng(1).uniform(1, 12, (600, 1)))
    later = views[:, 0] * np.where(views[:, 0] > 1000, 2, 6)

    line, bases = fit_multivariate(views, later), fit_radial(views, later)

    error = relative_squared_error(later, line.predict(views))
    assert relative_squared_error(later, bases.predict(views)) < 0.3 * error
    assert fit_radial(views, later).predict(views) == pytest.approx(bases.predict(views)), "the same seed draws the same centres"


@given(
    arrays(float, (12, 3), elements=st.one_of(st.integers(0, 10**9).map(float), st.sampled_from([0.0, float("nan"), -1.0]))),
    arrays(float, 12, elements=st.one_of(st.integers(0, 10**10).map(float), st.just(float("nan")))),
)
def test_zeros_and_holes_give_finite_answers(series: np.ndarray, later: np.ndarray) -> None:
    if not (np.nan_to_num(later) > 0).any():
        with pytest.raises(NotReady, match="target is above zero"):
            fit_radial(series, later)
        return
    for model, early in (
        (fit_szabo_huberman(series[:, 0], later), series[:, 0]),
        (fit_szabo_huberman(series[:, 0], later, loss="log"), series[:, 0]),
        (fit_multivariate(series, later), series),
        (fit_radial(series, later), series),
    ):
        predicted = model.predict(early)  # type: ignore[attr-defined]
        assert np.isfinite(predicted).all()
        assert (predicted >= 0).all()


def test_rows_without_early_views_get_the_best_constant_of_such_rows() -> None:
    # c = (1/10 + 1/20) / (1/100 + 1/400) = 12
    series, later = [[0], [0], [5]], [10, 20, 50]
    for model in (fit_multivariate(series, later), fit_radial(series, later)):
        assert model.predict([[0]]) == pytest.approx([12])
    assert fit_szabo_huberman([0, 0, 5], later).predict([0, 1]) == pytest.approx([12, 10])


def test_what_does_not_fit_is_said() -> None:
    with pytest.raises(InvalidInput, match="2 rows of early views and 1 targets"):
        fit_szabo_huberman([1, 2], [3])
    with pytest.raises(InvalidInput, match="days"):
        fit_multivariate([1, 2], [3, 4])
    with pytest.raises(InvalidInput, match=r"\(rows, 1\)"):
        fit_multivariate([[1], [2]], [3, 4]).predict([[1, 2]])
