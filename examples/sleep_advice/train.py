"""Trains the model of app.py on synthetic data: `python train.py` writes model.ubj.

The people are made up, by `people` below, and so is what is right for them: nothing here is medical advice, and no
data of anyone's is in it. The same seed gives the same people and the same model.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xgboost
from numpy.typing import NDArray

MODEL = Path(__file__).with_name("model.ubj")
FEATURES = ("sleep_hours", "resting_heart_rate", "steps", "stress", "caffeine_mg", "screen_minutes")
ADVICE = ("keep-going", "sleep-longer", "less-caffeine", "less-screen", "move-more", "wind-down")

SEED = 7
TRAINED_ON = 12_000
TRIED_ON = 3_000  # people of another seed, whom the model has not seen
DOUBT = 0.05  # how far advisers of equally good sense differ, which no model can learn
ROUNDS = 20
SETTINGS = {
    "objective": "multi:softprob",
    "num_class": len(ADVICE),
    "max_depth": 3,
    "learning_rate": 0.3,
    "nthread": 1,
    "seed": SEED,
}

Floats = NDArray[np.float32]
Labels = NDArray[np.int64]


def people(count: int, seed: int) -> Floats:
    """`count` made-up people, a row each, with the columns of FEATURES."""
    random = np.random.default_rng(seed)
    columns = (
        random.normal(7.0, 1.2, count).clip(2, 12).round(1),
        random.normal(64, 9, count).clip(40, 120).round(),
        random.gamma(4, 1_900, count).clip(0, 40_000).round(),
        random.integers(1, 11, count),
        random.gamma(2, 90, count).clip(0, 1_000).round(),
        random.gamma(2, 22, count).clip(0, 300).round(),
    )
    return np.column_stack(columns).astype(np.float32)


def advice(rows: Floats, seed: int) -> Labels:
    """What a made-up adviser says to each of them, as indices into ADVICE: what weighs most, or to go on as before."""
    sleep, heart_rate, steps, stress, caffeine, screen = rows.T.astype(np.float64)
    weights = np.column_stack(
        (
            np.full(len(rows), 0.35),
            (7.5 - sleep) / 3,
            (caffeine - 180) / 250 + (6.5 - sleep).clip(0) / 10,
            (screen - 30) / 70,
            (8_000 - steps) / 8_000,
            (stress - 5) / 5 + (heart_rate - 65) / 50,
        )
    )
    doubt = np.random.default_rng(seed).normal(0, DOUBT, weights.shape)
    heaviest: Labels = (weights + doubt).argmax(axis=1)
    return heaviest


def train(seed: int = SEED) -> xgboost.Booster:
    """A model that says what the adviser would. It carries the names of its features and of what it advises."""
    rows = people(TRAINED_ON, seed)
    data = xgboost.DMatrix(rows, advice(rows, seed), feature_names=list(FEATURES))
    model = xgboost.train(SETTINGS, data, ROUNDS)
    model.set_attr(advice=" ".join(ADVICE))
    return model


def accuracy(model: xgboost.Booster, seed: int = SEED + 1) -> float:
    """The share of people the model has not seen to whom it says what the adviser would."""
    rows = people(TRIED_ON, seed)
    said = model.inplace_predict(rows).argmax(axis=1)
    return float((said == advice(rows, seed)).mean())


if __name__ == "__main__":
    trained = train()
    trained.save_model(MODEL)
    print(f"{MODEL.name}: {accuracy(trained):.1%} right of {TRIED_ON} made-up people that it has not seen")
