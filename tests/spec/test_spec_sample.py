"""The sample request is one that the service accepts, whatever the spec declares."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from inferwatch.serving.features import check
from inferwatch.spec.feature import FeatureSpec
from inferwatch.spec.sample import sample


@pytest.mark.parametrize(
    ("declared", "given"),
    [
        (FeatureSpec(type="number"), 0),
        (FeatureSpec(type="number", min=0.25, max=0.75), 0.25),
        (FeatureSpec(type="number", min=-3, max=3), 0),
        (FeatureSpec(type="integer", min=2.5), 3),
        (FeatureSpec(type="integer", max=-4.5), -5),
        (FeatureSpec(type="string"), "text"),
        (FeatureSpec(type="string", values=("male", "female")), "male"),
        (FeatureSpec(type="boolean"), False),
        (FeatureSpec(type="number", length=3, min=1), [1, 1, 1]),
        (FeatureSpec(type="string", length=-1), ["text"]),
    ],
)
def test_a_sample_is_accepted(declared: FeatureSpec, given: Any) -> None:
    features = {"one": declared, "left_out": FeatureSpec(type="string", optional=True)}
    body = sample(features)
    assert body == {"one": given}
    check(msgspec.to_builtins(features), body)
