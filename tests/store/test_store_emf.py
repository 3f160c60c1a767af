from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_lines import DIMENSIONS, NAMESPACE, NOW, line

from inferwatch.store.streams.emf import Sample, SeriesKey, dimensions, extract


def document(**more: Any) -> dict[str, Any]:
    directive = {
        "Namespace": "N",
        "Dimensions": [["service"], ["service", "zone"]],
        "Metrics": [{"Name": "Cold", "Unit": "Count"}],
    }
    return {
        "_aws": {"Timestamp": 5, "CloudWatchMetrics": [directive | more.pop("directive", {})]},
        "service": "booking",
        "zone": "a",
        "Cold": 1,
        **more,
    }


def key(metric: str, **pairs: str) -> SeriesKey:
    return SeriesKey("N", metric, dimensions(pairs))


def test_the_sdks_own_line() -> None:
    found = extract(orjson.loads(line(1, NOW, elapse=12.5, confidence=0.5)))
    values = {sample.series.metric: (sample.values, sample.unit) for sample in found.samples}
    assert found.at_ms == NOW
    assert found.skipped == 0
    assert values["LatencyMs"] == ((12.5,), "Milliseconds")
    assert values["PredictionProbability"] == ((0.5,), "None")
    assert values["ErrorCount"] == ((0.0,), "Count")
    assert {sample.series.namespace for sample in found.samples} == {NAMESPACE}
    assert {sample.series.dimensions for sample in found.samples} == {dimensions(DIMENSIONS)}


def test_each_dimension_set_is_a_series() -> None:
    assert extract(document(Cold=[1, 2.5])).samples == [
        Sample(key("Cold", service="booking"), "Count", (1.0, 2.5)),
        Sample(key("Cold", service="booking", zone="a"), "Count", (1.0, 2.5)),
    ]


def test_a_metric_without_dimensions() -> None:
    assert extract(document(directive={"Dimensions": [[]]})).samples == [Sample(key("Cold"), "Count", (1.0,))]


@pytest.mark.parametrize("value", [None, "1", True, [], [1, None], [1] * 101, 2.0**361, {"a": 1}])
def test_a_value_that_is_no_number_is_skipped_and_counted(value: Any) -> None:
    found = extract(document(Cold=value))
    assert (found.samples, found.skipped) == ([], 1)


def test_a_set_with_a_missing_or_wrong_value_is_skipped_and_the_others_kept() -> None:
    for zone in (None, 5, "", "x" * 1025):
        found = extract(document(zone=zone))
        assert [sample.series for sample in found.samples] == [key("Cold", service="booking")]
        assert found.skipped == 1


@pytest.mark.parametrize(
    "directive",
    [
        {"Namespace": 5},
        {"Namespace": ""},
        {"Dimensions": "a"},
        {"Metrics": None},
        {"Metrics": [{"Name": "Cold"}] * 101},
    ],
)
def test_a_bad_directive_is_skipped_and_counted(directive: dict[str, Any]) -> None:
    assert extract(document(directive=directive)).skipped == 1


json = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["Namespace", "Dimensions", "Metrics", "Name", "Unit", "a"]), inner, max_size=4
        )
    ),
    max_leaves=20,
)


@given(json, json, json)
def test_nothing_raises(directives: Any, stamp: Any, value: Any) -> None:
    extract({"_aws": {"Timestamp": stamp, "CloudWatchMetrics": directives}, "a": value})
    extract(document(Cold=value, directive=directives if isinstance(directives, dict) else {}))
    extract({"_aws": {"Timestamp": 1, "CloudWatchMetrics": [directives, directives]}, "a": value})
