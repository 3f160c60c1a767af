"""What `predict` returned, made into plain JSON values: numbers of numpy, arrays, NaN (null), keys that are no text."""

from __future__ import annotations

from typing import Any

import orjson

_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


def response_of(result: Any) -> dict[str, Any]:
    """The response to a request: `{"prediction": ..., "confidence"?: ..., further members}`.

    A dict with a `prediction` is the response as it is, anything else is the prediction.
    Raises TypeError for what JSON cannot say.
    """
    response = result if isinstance(result, dict) and "prediction" in result else {"prediction": result}
    plain: dict[str, Any] = orjson.loads(encode(response))
    return plain


def encode(value: Any) -> bytes:
    """What Python and numpy have, as JSON. Raises TypeError for what JSON cannot say."""
    try:
        return orjson.dumps(value, default=_plain, option=_OPTIONS)
    except TypeError:
        # numpy's integers as keys (`dict(zip(model.classes_, probabilities))`) are the usual reason.
        return orjson.dumps(_with_text_keys(value), default=_plain, option=_OPTIONS)


def _with_text_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _with_text_keys(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_with_text_keys(member) for member in value]
    return value


def _plain(value: Any) -> Any:
    """Arrays that orjson cannot read in place, tensors, series: whatever has `tolist`. Sets become lists."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, set | frozenset):
        return list(value)
    raise TypeError(f"{type(value).__module__}.{type(value).__name__} is no JSON value")
