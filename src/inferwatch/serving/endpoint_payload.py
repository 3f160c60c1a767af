"""What is sent to an endpoint, and what its answer says: JSON and CSV, one record a request.

https://docs.aws.amazon.com/sagemaker/latest/dg/cdf-inference.html
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from inferwatch.serving.endpoint_trouble import InvalidAnswer
from inferwatch.serving.features import Rejected
from inferwatch.serving.prediction import encode

CSV = "text/csv"
_LONGEST = 200


def written(features: Any, declared: Mapping[str, Any], content_type: str) -> bytes:
    """The body of a request. As CSV one row without a header: the declared features in their order, lists spread out,
    booleans as 1 and 0, what is missing as nothing; without declared features, all as they come.

    Raises Rejected for what a row cannot hold.
    """
    if content_type != CSV:
        return encode(features)
    import csv  # 2 ms of a cold start, for who needs it
    import io

    columns = _columns(features, declared) if isinstance(features, dict) else _spread("the payload", features)
    row = io.StringIO()
    csv.writer(row, lineterminator="\n").writerow(list(columns))
    return row.getvalue().encode()


def read(body: bytes, content_type: str) -> Any:
    """The prediction in an answer, for `response_of`: a dict with a `prediction` as it is, anything else bare.

    Of SageMaker's built-in algorithms: `{"predictions": [{"score": 0.4, "predicted_label": 0}]}` is the label and the
    score beside it, without a label the score; one bare value is that value. Raises InvalidAnswer.
    """
    kind = content_type.partition(";")[0].strip().lower()
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise InvalidAnswer(f"{len(body)} bytes of {kind or 'no content type'} are no text") from None
    if not text.strip():
        raise InvalidAnswer("the endpoint's answer is empty")
    if kind == CSV:
        return _read_csv(text)
    try:
        return _read_json(orjson.loads(body))
    except orjson.JSONDecodeError as error:
        if kind == "text/plain" or not kind:
            return _read_csv(text)
        raise InvalidAnswer(f"the endpoint's answer is no JSON: {error}: {text[:_LONGEST]!r}") from None


def _columns(features: dict[str, Any], declared: Mapping[str, Any]) -> Iterator[Any]:
    for name in declared or features:
        length = declared[name].get("length") if declared else None
        if features.get(name) is None and length is not None and length > 0:
            yield from [""] * length  # the columns behind it keep their places
        else:
            yield from _spread(name, features.get(name))


def _spread(name: str, value: Any) -> Iterator[Any]:
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        for part in value:
            yield from _spread(name, part)
    elif isinstance(value, dict):
        raise Rejected("InvalidFeatures", f"{name} is an object, which a row of CSV cannot hold")
    elif isinstance(value, float) and not math.isfinite(value):
        yield ""  # as in JSON, where it is null
    else:
        yield int(value) if isinstance(value, bool) else value


def _read_json(said: Any) -> Any:
    if isinstance(said, dict):
        predictions = said.get("predictions")
        if "prediction" in said or not isinstance(predictions, list):
            return said
        return _labelled(predictions[0]) if len(predictions) == 1 else predictions
    return said[0] if isinstance(said, list) and len(said) == 1 else said


def _labelled(prediction: Any) -> Any:
    if not isinstance(prediction, dict):
        return prediction
    if "predicted_label" in prediction:
        others = {name: value for name, value in prediction.items() if name != "predicted_label"}
        return {"prediction": prediction["predicted_label"], **others}
    return prediction["score"] if list(prediction) == ["score"] else prediction


def _read_csv(text: str) -> Any:
    import csv

    try:
        rows = [[_value(cell.strip()) for cell in row] for row in csv.reader(text.splitlines()) if row]
    except csv.Error as error:
        raise InvalidAnswer(f"the endpoint's answer is no CSV: {error}") from None
    plain: list[Any] = [row[0] if len(row) == 1 else row for row in rows]
    return plain[0] if len(plain) == 1 else plain


def _value(cell: str) -> Any:
    for number in (int, float):
        try:
            value = number(cell)
        except ValueError:
            continue
        return value if math.isfinite(value) else None
    return cell
