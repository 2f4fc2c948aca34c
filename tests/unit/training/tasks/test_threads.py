"""A fit is the same however many threads BLAS finds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
import scipy.linalg  # noqa: F401 (its BLAS is limited only where it is loaded already)
from threadpoolctl import threadpool_limits

from training.kernels import bell, weights_of
from training.tasks.ctr_title import TASK
from training.tasks.task import FitOptions


def solved(examples: pl.DataFrame, options: FitOptions) -> Any:
    """What a regression by likeness learns; its sums are split among threads where there are several."""
    places = np.random.default_rng(options.seed).normal(size=examples.height)
    return weights_of(bell(places, places, 0.5), np.sin(places), np.full(examples.height, 0.1))


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_threads_of_the_machine_do_not_change_a_fit(threads: int) -> None:
    examples = pl.DataFrame({"row": range(900)})
    with threadpool_limits(limits=1, user_api="blas"):
        alone = solved(examples, FitOptions())
    task = replace(TASK, fit=solved)
    with threadpool_limits(limits=threads, user_api="blas"):
        assert np.array_equal(task.fit(examples, FitOptions(threads=threads)), alone)
        assert np.array_equal(replace(task, name="again").fit(examples, FitOptions()), alone)
