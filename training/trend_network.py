"""The trend network as a part of a task: taught on frames of readings, saved as plain files, and asked for chances and views.

Boosted trees and this network err in different places. Their mean is better than either: see `benchmarks/trend_network.py`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from core.errors import Damaged
from features.codec import Codec, Input, Scale, fit_codec, matrix
from features.tokens import token_columns
from training.networks.trend import HORIZONS_HOURS, Shape, TrendNetwork

BATCH_ROWS = 1024
EPOCHS = 12
SHAPE = Shape(branch=48, fused=96, dropout=0.2)
_AT_ONCE = 20_000

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class TrendTargets:
    """What came of rows, each of shape (rows,), NaN where unknown."""

    breakout: Array
    views_48h: Array
    views_7d: Array | None = None
    peak: Array | None = None
    """Bucket of hours to the peak of velocity, by `networks.trend.PEAK_HOURS`."""

    def columns(self) -> Array:
        """The matrix that `losses.TrendLoss` takes."""
        unknown = np.full(len(self.breakout), np.nan)
        week = unknown if self.views_7d is None else np.log1p(np.asarray(self.views_7d, dtype=float))
        peak = unknown if self.peak is None else self.peak
        return np.stack(
            [np.asarray(self.breakout, dtype=float), np.log1p(np.asarray(self.views_48h, dtype=float)), week, peak], axis=1
        )


@dataclass(frozen=True)
class TrendAnswers:
    """A taught network."""

    codec: Codec
    shape: Shape
    network: TrendNetwork
    epochs: int
    """After which it was best on the validation part; give it to a fit without one."""

    def predict(self, inputs: pl.DataFrame, views: pl.Series, titles: pl.Series) -> tuple[Array, Array]:
        """Logit of a breakout (rows,), and ln(1 + views) at each of HORIZONS_HOURS (rows, horizons)."""
        import torch

        raw = matrix(_frame(inputs, views, titles), self.codec.inputs)
        logit, log_views = np.zeros(len(raw)), np.zeros((len(raw), len(HORIZONS_HOURS)))
        with torch.inference_mode():
            for start in range(0, len(raw), _AT_ONCE):
                heads = self.network.heads(torch.from_numpy(raw[start : start + _AT_ONCE]))
                logit[start : start + _AT_ONCE] = heads.breakout.numpy()
                log_views[start : start + _AT_ONCE] = heads.log_views.numpy()
        return logit, log_views

    def save(self, folder: Path, stem: str) -> None:
        """Write `<stem>.json`, what it takes and how it is built, and `<stem>.npz`, its weights."""
        codec = {**asdict(self.codec), "inputs": [[column.name, column.scale.value] for column in self.codec.inputs]}
        about = {"codec": codec, "shape": asdict(self.shape), "epochs": self.epochs}
        (folder / f"{stem}.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
        weights = {name: value.numpy() for name, value in self.network.state_dict().items()}
        np.savez(folder / f"{stem}.npz", **weights)


def load_trend_network(folder: Path, stem: str) -> TrendAnswers:
    """Read what `TrendAnswers.save` wrote. Raises Damaged for anything else."""
    import zipfile

    import torch

    try:
        about = json.loads((folder / f"{stem}.json").read_text(encoding="utf-8"))
        kept = about["codec"]
        codec = Codec(
            inputs=tuple(Input(name, Scale(scale)) for name, scale in kept["inputs"]),
            **{name: tuple(kept[name]) for name in ("means", "deviations", "seen")},
            vocabularies=tuple(tuple(codes) for codes in kept["vocabularies"]),
        )
        shape = Shape(**about["shape"])
        network = _network(codec, shape, 0.5)
        with np.load(folder / f"{stem}.npz", allow_pickle=False) as weights:
            network.load_state_dict({name: torch.from_numpy(weights[name]) for name in weights.files})
        return TrendAnswers(codec, shape, network.eval(), int(about["epochs"]))
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, zipfile.BadZipFile) as error:
        raise Damaged(f"{folder / stem}.json does not hold a trend network.", "Train the model again.") from error


def fit_trend_network(
    train: tuple[pl.DataFrame, pl.Series, pl.Series, TrendTargets, Array],
    valid: tuple[pl.DataFrame, pl.Series, pl.Series, TrendTargets, Array] | None = None,
    *,
    codes: Sequence[str] = (),
    epochs: int = EPOCHS,
    seed: int = 7,
    shape: Shape = SHAPE,
    checkpoints: Path | None = None,
    params: Mapping[str, Any] | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> TrendAnswers:
    """Teach a network. Equal arguments give equal weights on one machine.

    Args:
        train: inputs (a column each; series by their names, see `networks.trend.layout_of`), views now, titles, targets, weights.
        valid: the same of rows that decide when to stop; None makes all epochs.
        codes: inputs that hold codes without an order.
        params: of `learning_rate` and `weight_decay`, over the defaults.
    """
    from training.datamodules import tensors
    from training.fit import fit_network
    from training.networks.losses import TrendLoss

    frame = _frame(*train[:3])
    inputs = [
        Input(name, Scale.CATEGORY if name in codes else Scale.LOG if name == "views" else Scale.PLAIN) for name in frame.columns
    ]
    raw = matrix(frame, inputs)
    codec = fit_codec(raw, inputs)
    chances = train[3].breakout[np.isfinite(train[3].breakout)]
    network = _network(codec, shape, float(np.clip(chances.mean() if len(chances) else 0.1, 0.001, 0.999)), seed)
    held = None
    if valid is not None:
        held = tensors(matrix(_frame(*valid[:3]), inputs), valid[3].columns(), valid[4])
    fitted = fit_network(
        network,
        TrendLoss(),
        tensors(raw, train[3].columns(), train[4]),
        held,
        batch_rows=BATCH_ROWS,
        epochs=epochs,
        **{"learning_rate": 2e-3, "weight_decay": 1e-2, **(params or {})},
        seed=seed,
        checkpoints=checkpoints,
        is_annealed=True,
    )
    report(f"{len(raw):,} rows, {fitted.epochs} epochs, best after {fitted.best_epoch}, loss {fitted.valid_loss:.4f}")
    return TrendAnswers(codec, shape, network, fitted.best_epoch)


def _network(codec: Codec, shape: Shape, chance: float, seed: int = 0) -> TrendNetwork:
    import torch

    from training.networks.baselines import ConstantRate

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return TrendNetwork(codec, shape, ConstantRate(chance))


def _frame(inputs: pl.DataFrame, views: pl.Series, titles: pl.Series) -> pl.DataFrame:
    now = views.cast(pl.Float64).rename("views").to_frame()
    return pl.concat([now, inputs, token_columns(titles)], how="horizontal")
