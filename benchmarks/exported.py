"""ONNX Runtime against torch: the same models, the same rows, one thread each.

`python benchmarks/exported.py [PAIRS]`. For the networks that models are given (tabular, trend with readings and words, ranking)
and batches of 1, 10 and 100 rows, PAIRS (default 7) interleaved pairs of 200 calls. Prints a JSON line for each: the ratio
of the medians (ONNX Runtime / torch; at most 0.6 is wanted) as median, least and greatest over the pairs, both medians in
milliseconds, both CPU times, and the largest difference of a score (at most 1e-4)."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).parents[1]))

from features.codec import Input, Scale, fit_codec
from training.export import INPUT, MODEL_FILE, Program, Signature, export
from training.networks.baselines import fit_baseline
from training.networks.ranking import RankingNetwork
from training.networks.tabular import Shape, TabularNetwork
from training.networks.trend import Shape as TrendShape
from training.networks.trend import TrendNetwork
from training.specs import CTR, TREND, ModelSpec

CALLS = 200
READINGS = (
    *(Input(f"{name}_{lag}") for name in ("velocity", "growth", "like_rate", "comment_rate", "countries") for lag in range(1, 7)),
    *(Input(f"title_token_{place}") for place in range(16)),
)


def sample(inputs: tuple[Input, ...], rows: int = 500) -> np.ndarray:
    """Rows with a fifth of the values unknown."""
    generator = np.random.default_rng(0)
    raw = generator.normal(size=(rows, len(inputs)))
    for place, column in enumerate(inputs):
        if column.scale is Scale.CATEGORY:
            raw[:, place] = generator.integers(0, 12, rows)
        elif "token" in column.name:
            raw[:, place] = generator.integers(0, 4096, rows)
    raw[generator.random(raw.shape) < 0.2] = np.nan
    return raw.astype(np.float32)


def models() -> dict[str, tuple[ModelSpec, tuple[Input, ...], Callable[..., nn.Module]]]:
    trend = (*TREND.inputs, *READINGS)
    return {
        "tabular": (TREND, TREND.inputs, lambda codec, rule: TabularNetwork(codec, Shape(64, 2, 0.1), rule)),
        "trend": (TREND, trend, lambda codec, rule: TrendNetwork(codec, TrendShape(), rule)),
        "ranking": (CTR, CTR.inputs, lambda codec, rule: RankingNetwork(codec, Shape(64, 2, 0.1), rule)),
    }


def timed(call: Callable[[], object]) -> tuple[float, float]:
    """Median seconds of a call, and CPU seconds of all."""
    each, begin = [], time.process_time()
    for _ in range(CALLS):
        start = time.perf_counter()
        call()
        each.append(time.perf_counter() - start)
    return statistics.median(each), time.process_time() - begin


def main() -> None:
    import onnxruntime

    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    for name, (spec, inputs, build) in models().items():
        raw = sample(inputs)
        torch.manual_seed(0)
        asked_spec = replace(spec, inputs=inputs)
        network = build(fit_codec(raw, inputs), fit_baseline(asked_spec, raw, np.full(len(raw), 0.1)))
        for parameter in network.parameters():
            if parameter.requires_grad:
                nn.init.normal_(parameter, std=0.2)
        program = Program(network).eval()
        with tempfile.TemporaryDirectory() as folder:
            signature = Signature(spec.name, "network", spec.feature_service, [], [], [], {}, {}, "", "")
            difference = export(network, asked_spec, signature, Path(folder), raw)
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            content = (Path(folder) / MODEL_FILE).read_bytes()
            session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        for rows in (1, 10, 100):
            batch = raw[:rows]
            tensor = torch.from_numpy(batch)
            with torch.inference_mode():
                asked = {"onnx": partial(session.run, None, {INPUT: batch}), "torch": partial(program, tensor)}
                timed(asked["onnx"]), timed(asked["torch"])
                runs = [{side: timed(call) for side, call in asked.items()} for _ in range(pairs)]
            ratios = [run["onnx"][0] / run["torch"][0] for run in runs]
            print(
                json.dumps(
                    {
                        "figure": "onnx_against_torch",
                        "network": name,
                        "inputs": len(inputs),
                        "rows": rows,
                        "ratio": round(statistics.median(ratios), 3),
                        "least": round(min(ratios), 3),
                        "greatest": round(max(ratios), 3),
                        **{f"{side}_ms": round(1000 * statistics.median(run[side][0] for run in runs), 3) for side in asked},
                        **{f"{side}_cpu_s": round(statistics.median(run[side][1] for run in runs), 3) for side in asked},
                        "difference": difference,
                    }
                ),
                flush=True,
            )


if __name__ == "__main__":
    main()
