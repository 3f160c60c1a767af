"""A model's folder, as small as one can be, and its spec."""

from __future__ import annotations

from pathlib import Path

from inferwatch.spec import load_spec
from inferwatch.spec.monitor_spec import MonitorSpec

APP = 'def predict(features):\n    return {"prediction": features["a"] + 1, "confidence": 0.5}\n'
MODEL = '[model]\nnamespace = "/abc_corp/claim"\nname = "adder"\npredict = "app:predict"\nconfidence_scale = 1\n'


def small_model(folder: Path, more: str = "", environment: str | None = None) -> MonitorSpec:
    """Write app.py and inferwatch.toml to `folder`. more: TOML after [model]."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "app.py").write_text(APP)
    (folder / "inferwatch.toml").write_text(f"{MODEL}{more}")
    return load_spec(folder, environment, {})
