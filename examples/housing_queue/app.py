"""The value of a home from 13 numbers about it and where it stands. Trained by train.py, on made-up districts.

This is what the endpoint's container serves. The function that works on the queue asks the endpoint.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xgboost

MODEL = xgboost.Booster(model_file=Path(__file__).with_name("model.ubj"))
MODEL.set_param({"nthread": 1})  # one district at a time: threads only cost
FEATURES = list(MODEL.feature_names or ())


def predict(features: dict[str, Any]) -> dict[str, Any]:
    """The median value of the homes there, in thousands of dollars. A regression: it has no confidence."""
    row = np.array([[features[name] for name in FEATURES]], dtype=np.float32)
    return {"prediction": round(float(MODEL.inplace_predict(row)[0]), 2)}
