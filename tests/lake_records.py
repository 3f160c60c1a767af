"""Records of any shape, and their lines, as Hypothesis draws them."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import strategies as st

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
scalar = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | text
)
value = scalar | st.lists(scalar, max_size=3) | st.dictionaries(text, scalar, max_size=3)
names = st.sampled_from(
    [
        *("v", "model_version", "server_id", "request", "request_size", "elapse", "confidence", "cold_start"),
        *("truncated", "end_at", "error", "prediction", "namespace", "status"),
        *("properties", "log_stream", "feature_a", "pages"),
    ]
)
features = st.dictionaries(text | st.sampled_from(["a", "A", "b", "größe", "petal (cm)"]), value, max_size=5)
documents = st.builds(
    lambda fields, extra: {**fields, **extra},
    st.dictionaries(names, value | st.sampled_from(["3", "-0", "2025-11-21T09:12:00Z"]), max_size=8),
    st.one_of(st.just({}), features.map(lambda given: {"features": given}), value.map(lambda v: {"features": v})),
)


def whole(number: int, document: dict[str, Any]) -> bytes:
    """A line with any members at all."""
    fixed = {"type": "inference_transaction", "transaction_id": f"{number}", "start_at": "2025-11-21T09:12:00.123Z"}
    return orjson.dumps({"_aws": {}, **document, **fixed}, option=orjson.OPT_APPEND_NEWLINE)


def features_of(document: dict[str, Any]) -> dict[str, Any]:
    given_ = document.get("features")
    return given_ if isinstance(given_, dict) else {}
