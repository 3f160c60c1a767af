"""Trains the model of app.py on synthetic data: `python train.py` writes model.ubj.

The columns are those of the well-known table of Boston's districts of 1978. Its rows are not here: `districts` makes up
others. Column `b` of that table is worked out from the share of Black residents. Messages carry it, so the model takes
it, but no value that is made up here depends on it. The same seed gives the same districts and the same model.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xgboost
from numpy.typing import NDArray

MODEL = Path(__file__).with_name("model.ubj")
FEATURES = ("crim", "zn", "indus", "chas", "nox", "rm", "age", "dis", "rad", "tax", "ptratio", "b", "lstat")

SEED = 7
TRAINED_ON = 8_000
TRIED_ON = 2_000  # districts of another seed, which the model has not seen
DOUBT = 2.0  # thousands of dollars by which homes of equal districts differ, which no model can learn
LEAST, MOST = 5.0, 50.0  # thousands of dollars
ROUNDS = 50
SETTINGS = {
    "objective": "reg:squarederror",
    "max_depth": 3,
    "learning_rate": 0.2,
    "nthread": 1,
    "seed": SEED,
}

Floats = NDArray[np.float32]


def districts(count: int, seed: int) -> Floats:
    """`count` made-up districts, a row each, with the columns of FEATURES.

    What is dense lies near the works, has old houses, bad air and high taxes, as in any city; `dense` is that, 0 to 1.
    """
    random = np.random.default_rng(seed)
    dense = random.beta(1.1, 1.3, count)
    ring = (dense > 0.7) & (random.random(count) < 0.8)  # reached by the motorways
    poor = (dense + random.normal(0, 0.25, count)).clip(0, 1)
    columns = (
        np.exp(random.normal(-3 + 5 * dense, 0.8)).clip(0.005, 90).round(4),  # crim
        np.where(dense < 0.25, random.integers(2, 20, count) * 5, 0),  # zn
        (2 + 17 * dense + random.normal(0, 2, count)).clip(0.5, 28).round(2),  # indus
        random.random(count) < 0.07,  # chas
        (0.40 + 0.33 * dense + random.normal(0, 0.03, count)).clip(0.38, 0.88).round(3),  # nox
        random.normal(6.6 - 0.7 * poor, 0.6).clip(3.5, 8.8).round(3),  # rm
        (30 + 65 * dense + random.normal(0, 15, count)).clip(3, 100).round(1),  # age
        (7.5 * np.exp(-1.6 * dense) * random.normal(1, 0.15, count)).clip(1.1, 12).round(4),  # dis
        np.where(ring, 24, random.integers(1, 9, count)),  # rad
        np.where(ring, 666, (220 + 220 * dense + random.normal(0, 40, count)).clip(185, 715)).round(),  # tax
        np.where(ring, 20.2, random.normal(17.8, 1.9, count).clip(12.5, 22)).round(1),  # ptratio
        random.uniform(0, 396.9, count).round(2),  # b
        (4 + 20 * poor + random.gamma(2, 1.5, count)).clip(1.5, 38).round(2),  # lstat
    )
    return np.column_stack(columns).astype(np.float32)


def values(rows: Floats, seed: int) -> Floats:
    """What homes cost in each of them, in thousands of dollars."""
    of = dict(zip(FEATURES, rows.T.astype(np.float64), strict=True))
    worth = 22.5 + 5.5 * (of["rm"] - 6.3) + 1.5 * (of["rm"] - 7).clip(0) ** 2 + 2.5 * of["chas"]
    worth -= 7.0 * np.log(of["lstat"] / 12) + 0.6 * (of["ptratio"] - 18.5) + 14 * (of["nox"] - 0.55)
    worth -= 0.08 * of["crim"] + 0.6 * (of["dis"] - 3.8)
    doubt = np.random.default_rng(seed).normal(0, DOUBT, len(rows))
    found: Floats = (worth + doubt).clip(LEAST, MOST).astype(np.float32)
    return found


def train(seed: int = SEED) -> xgboost.Booster:
    """A model that values a district's homes. It carries the names of its features."""
    rows = districts(TRAINED_ON, seed)
    data = xgboost.DMatrix(rows, values(rows, seed), feature_names=list(FEATURES))
    return xgboost.train(SETTINGS, data, ROUNDS)


def error(model: xgboost.Booster, seed: int = SEED + 1) -> float:
    """By how many thousands of dollars it is off on average, of districts that it has not seen."""
    rows = districts(TRIED_ON, seed)
    return float(np.abs(model.inplace_predict(rows) - values(rows, seed)).mean())


if __name__ == "__main__":
    trained = train()
    trained.save_model(MODEL)
    print(f"{MODEL.name}: off by {error(trained):.2f} thousand dollars on average, of {TRIED_ON} made-up districts")
