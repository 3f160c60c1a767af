"""Says from six habits which one change would help a person's sleep most. Trained by train.py, on made-up people."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xgboost

MODEL = xgboost.Booster(model_file=Path(__file__).with_name("model.ubj"))
MODEL.set_param({"nthread": 1})  # one person at a time: threads only cost
FEATURES = list(MODEL.feature_names or ())
ADVICE = (MODEL.attr("advice") or "").split()


def predict(features: dict[str, Any]) -> dict[str, Any]:
    """The advice, how sure that is, and the probability of each."""
    row = np.array([[features[name] for name in FEATURES]], dtype=np.float32)
    probabilities = MODEL.inplace_predict(row)[0]
    best = int(probabilities.argmax())
    return {
        "prediction": ADVICE[best],
        "confidence": float(probabilities[best]),
        "probabilities": dict(zip(ADVICE, probabilities.tolist(), strict=True)),
    }
