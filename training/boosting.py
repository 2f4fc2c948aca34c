"""Boosted trees (LightGBM) as plain files: fit with early stopping, predict, save as text and JSON, load. No task is known here.

Fitting is deterministic: the same frame, seeds and parameters give the same trees, whatever the number of threads."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from core.errors import Damaged

if TYPE_CHECKING:
    import lightgbm
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

DEFAULTS: Mapping[str, Any] = {
    "learning_rate": 0.05,
    "num_leaves": 63,
    "min_data_in_leaf": 40,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 1.0,
    "max_bin": 255,
}
_SHARES = 4
"""Decimals of an importance: what lies below is noise."""
_FAR = 1e30
"""Nothing that is counted reaches it; LightGBM's bins do not bear infinities."""


@dataclass(frozen=True)
class Rows:
    """What trees learn from, or stop by.

    Attributes:
        inputs: one column per input; null and NaN are unknown.
        target: one number per row.
        weight: of each row; None weighs all alike.
        groups: sizes of the consecutive groups within which a ranking objective compares.
        start: score that each row starts from, on the objective's raw scale. Added to nothing at prediction: the caller does it.
    """

    inputs: pl.DataFrame
    target: ArrayLike
    weight: ArrayLike | None = None
    groups: Sequence[int] | None = None
    start: ArrayLike | None = None


@dataclass(frozen=True)
class Forest:
    """Boosted trees of one or more seeds, whose answers are averaged.

    Attributes:
        inputs: names, in order.
        rounds: of each seed.
        texts: each seed's trees, as LightGBM writes them.
        gains: share of each input in what the splits gained, largest first; adds up to 1 unless there is no split.
    """

    inputs: tuple[str, ...]
    rounds: tuple[int, ...]
    texts: tuple[str, ...] = field(repr=False)
    gains: Mapping[str, float] = field(repr=False)

    def predict(self, inputs: pl.DataFrame, threads: int = 2, raw: bool = False) -> Floats:
        """One number per row: the objective's answer (a probability, a value), or with `raw` the score before its link."""
        if not len(inputs):
            return np.zeros(0)
        matrix = _matrix(inputs, self.inputs)
        answers = [booster.predict(matrix, raw_score=raw, num_threads=threads) for booster in self._boosters]
        return np.mean(np.stack([np.asarray(answer, dtype=np.float64) for answer in answers]), axis=0)  # type: ignore[no-any-return]

    @cached_property
    def _boosters(self) -> tuple[lightgbm.Booster, ...]:
        # Reading the texts takes longer than answering a row.
        return tuple(_booster(text) for text in self.texts)

    def save(self, folder: Path, stem: str) -> None:
        """Write `<stem>.json` and `<stem>.<seed number>.txt`."""
        about = {"inputs": self.inputs, "rounds": self.rounds, "gains": self.gains}
        (folder / f"{stem}.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
        for place, text in enumerate(self.texts):
            (folder / f"{stem}.{place}.txt").write_text(text, encoding="utf-8")


def load_forest(folder: Path, stem: str) -> Forest:
    """Read what `Forest.save` wrote. Raises Damaged for anything else."""
    path = folder / f"{stem}.json"
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        rounds = tuple(int(number) for number in about["rounds"])
        texts = tuple((folder / f"{stem}.{place}.txt").read_text(encoding="utf-8") for place in range(len(rounds)))
        forest = Forest(tuple(about["inputs"]), rounds, texts, dict(about["gains"]))
        # LightGBM ends the process on some broken texts and reads others half: each text is checked before it is read.
        whole = all(text.startswith("tree\n") and "\nend of parameters\n" in text for text in texts)
        if not rounds or not whole or any(booster.feature_name() != list(forest.inputs) for booster in forest._boosters):
            raise ValueError
    except (OSError, ValueError, KeyError, TypeError, AttributeError, _lightgbm().basic.LightGBMError) as error:
        raise Damaged(f"{path} does not hold boosted trees.", "Train the model again.") from error
    return forest


def fit_forest(
    train: Rows,
    params: Mapping[str, Any],
    *,
    rounds: int | Sequence[int],
    valid: Rows | None = None,
    patience: int = 50,
    seeds: Sequence[int] = (7,),
    threads: int = 2,
    categorical: Sequence[str] = (),
    report: Callable[[str], None] = lambda _: None,
) -> Forest:
    """Fit trees for each seed.

    Args:
        params: LightGBM's, over DEFAULTS; `objective` and, to stop by, `metric` among them.
        rounds: most rounds; one number, or one per seed (`Forest.rounds` of an earlier fit).
        valid: rows that decide when to stop: `patience` rounds after the last improvement. Without them all rounds are made.
        categorical: inputs that hold codes (small whole numbers) without an order.
    """
    lgb = _lightgbm()
    names = tuple(train.inputs.columns)
    most = [rounds] * len(seeds) if isinstance(rounds, int) else list(rounds)
    fixed = {"verbosity": -1, "deterministic": True, "force_row_wise": True, "num_threads": threads}
    shared = {**DEFAULTS, **params, **fixed}
    data = _dataset(train, names, shared, categorical)
    held = None if valid is None else _dataset(valid, names, shared, categorical, data)
    texts, made, gains = [], [], np.zeros(len(names))
    for seed, limit in zip(seeds, most, strict=True):
        booster = lgb.train(
            {**shared, "seed": seed},
            data,
            num_boost_round=max(int(limit), 1),
            valid_sets=[] if held is None else [held],
            valid_names=[] if held is None else ["valid"],
            callbacks=[] if held is None else [lgb.early_stopping(patience, first_metric_only=True, verbose=False)],
        )
        best = booster.best_iteration if held is not None and booster.best_iteration > 0 else booster.current_iteration()
        texts.append(booster.model_to_string(num_iteration=best))
        made.append(max(best, 1))
        gains += booster.feature_importance("gain", iteration=best)
        scores = "" if held is None else ", ".join(f"{name} {value:.5f}" for name, value in booster.best_score["valid"].items())
        report(f"seed {seed}: {best} rounds{', ' * bool(scores)}{scores}")
    return Forest(names, tuple(made), tuple(texts), _shares(names, gains))


def telling_inputs(
    questions: Sequence[tuple[Rows, Mapping[str, Any]]],
    most: int,
    *,
    rounds: int = 60,
    seed: int = 7,
    threads: int = 2,
    categorical: Sequence[str] = (),
) -> tuple[str, ...]:
    """Choose inputs before the long fits: those with the largest share of the gain in a short fit of any question, at `most` so
    many, in the order of the rows' columns. Questions are rows with the parameters of their fit."""
    best: dict[str, float] = {}
    for rows, params in questions:
        gains = fit_forest(rows, params, rounds=rounds, seeds=(seed,), threads=threads, categorical=categorical).gains
        best = {name: max(share, best.get(name, 0.0)) for name, share in gains.items()}
    order = {name: place for place, name in enumerate(questions[0][0].inputs.columns)}
    kept = sorted(best, key=lambda name: (-best[name], order[name]))[:most]
    return tuple(sorted(kept, key=order.__getitem__))


def combined(parts: Sequence[tuple[Mapping[str, float], float]]) -> dict[str, float]:
    """Mix the importances of several forests, each with its weight, into one that adds up to 1."""
    names = dict.fromkeys(name for shares, _ in parts for name in shares)
    mixed = np.array([sum(weight * shares.get(name, 0.0) for shares, weight in parts) for name in names])
    return _shares(tuple(names), mixed)


def _shares(names: Sequence[str], gains: Floats) -> dict[str, float]:
    total = float(gains.sum())
    shares = np.round(gains / total, _SHARES) if total > 0 else gains
    order = sorted(range(len(names)), key=lambda place: (-shares[place], names[place]))
    return {names[place]: float(shares[place]) for place in order}


def _dataset(
    rows: Rows, names: Sequence[str], params: Mapping[str, Any], categorical: Sequence[str], like: lightgbm.Dataset | None = None
) -> lightgbm.Dataset:
    return _lightgbm().Dataset(
        _matrix(rows.inputs, names),
        label=np.asarray(rows.target, dtype=np.float64),
        weight=None if rows.weight is None else np.asarray(rows.weight, dtype=np.float64),
        group=rows.groups,
        init_score=None if rows.start is None else np.asarray(rows.start, dtype=np.float64),
        feature_name=list(names),
        categorical_feature=list(categorical),
        reference=like,
        params=dict(params),
        free_raw_data=True,
    )


def _matrix(inputs: pl.DataFrame, names: Sequence[str]) -> NDArray[np.float32]:
    matrix = inputs.select(pl.col(list(names)).cast(pl.Float32)).fill_null(float("nan")).to_numpy(order="c")
    if not matrix.flags.writeable:
        matrix = matrix.copy()
    np.clip(matrix, -_FAR, _FAR, out=matrix)
    return matrix


def _booster(text: str) -> lightgbm.Booster:
    return _lightgbm().Booster(model_str=text)


def _lightgbm() -> Any:
    import lightgbm

    return lightgbm
