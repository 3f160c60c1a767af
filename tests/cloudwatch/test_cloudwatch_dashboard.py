"""The dashboard's body: its structure, and that it shows what the page shows."""

from __future__ import annotations

import copy

import msgspec
import pytest
from cloudwatch_examples import ACCOUNT, REGION, a_spec, digits, rich
from dashboard_body_model import problems

from inferwatch.cloudwatch.address import address
from inferwatch.cloudwatch.dashboard.dashboard import dashboard_body
from inferwatch.cloudwatch.dashboard.grid import placed
from inferwatch.cloudwatch.names import names
from inferwatch.spec.charts import charts, tiles
from inferwatch.spec.dashboard import GRID_COLUMNS

PARTS = "[sagemaker]\nendpoint = 'theirs'\n[queue]\n[history]\n[lake]\n"
BODIES = {spec.model.name: dashboard_body(spec, REGION, ACCOUNT) for spec in (digits(), rich())}


def widgets(body, kind):
    return [widget["properties"] for widget in body["widgets"] if widget["type"] == kind]


def titled(body, title):
    return next(p for w in body["widgets"] if (p := w["properties"]).get("title") == title)


def metrics_of(properties):
    """`(name, statistic)` of every visible metric."""
    rows = [(row[1], row[-1]) for row in properties["metrics"] if "expression" not in row[-1]]
    return [(name, options["stat"]) for name, options in rows if options.get("visible", True)]


def body_of(folder, text):
    return dashboard_body(a_spec(folder, text), REGION, ACCOUNT)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_the_body_has_cloudwatchs_structure(body):
    assert problems(body) == []


def spoil(change):
    body = copy.deepcopy(BODIES["digits"])
    change(body)
    return problems(body)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda body: body["widgets"][2].update(x=13), "reaches over the right edge"),
        (lambda body: body["widgets"][3].update(x=11), "lies over widget 2"),
        (lambda body: body["widgets"][2].update(height=0), "height cannot be 0"),
        (lambda body: body["widgets"][2].update(colour="red"), "colour is unknown"),
        (lambda body: body.update(start="3 hours"), "start cannot be"),
        (lambda body: body["widgets"][1]["properties"].update(setPeriodToTimeRange=True), "sparkline"),
        (lambda body: body["widgets"][2]["properties"].pop("region"), "region is missing"),
        (lambda body: body["widgets"][2]["properties"].update(view="line"), "view cannot be"),
        (lambda body: body["widgets"][2]["properties"]["metrics"][0].pop(2), "pairs of dimension and value"),
        (lambda body: body["widgets"][2]["properties"]["metrics"][0][-1].update(stat="p101"), "stat cannot be"),
        (lambda body: body["widgets"][1]["properties"]["metrics"].pop(5), "the expression needs own"),
        (lambda body: body["widgets"][7]["properties"].update(alarms=["mine"]), "is no ARN"),
        (lambda body: body["widgets"][9]["properties"].update(query="fields @timestamp"), "SOURCE"),
    ],
    ids=range(13),
)
def test_the_model_of_the_structure_sees_mistakes(change, problem):
    assert any(problem in found for found in spoil(change))


@pytest.mark.parametrize("spec", [digits(), rich()], ids=lambda spec: spec.model.name)
def test_the_pages_widgets_in_their_order_and_sizes(spec):
    shown = [(widget["width"], widget["height"]) for widget in dashboard_body(spec, REGION, ACCOUNT)["widgets"]]
    assert shown == [(widget.width, widget.height) for widget in spec.dashboard.widget]


@pytest.mark.parametrize("spec", [digits(), rich()], ids=lambda spec: spec.model.name)
def test_every_chart_shows_the_series_of_the_page(spec):
    body = dashboard_body(spec, REGION, ACCOUNT)
    for chart in charts(spec):
        shown = metrics_of(titled(body, chart.title))
        expected = [(address(spec, series.metric).name, series.statistic) for series in chart.series]
        assert shown[: len(expected)] == expected, chart.title
        assert shown[len(expected) :] == ([("Errors", "Sum")] if chart.type == "invocations" else [])


def test_the_tiles_of_the_page_are_figures_with_sparklines():
    spec = digits()
    shown = widgets(BODIES["digits"], "metric")[0]
    assert (shown["view"], shown["sparkline"]) == ("singleValue", True)
    labels = [row[-1]["label"] for row in shown["metrics"] if row[-1].get("visible", True)]
    assert [label.partition(",")[0] for label in labels] == [tile.label for tile in tiles(spec)]


def test_totals_are_told_where_a_tile_counts():
    labels = [row[-1].get("label") for row in widgets(BODIES["digits"], "metric")[0]["metrics"]]
    assert {"Succeeded, ${SUM} in all", "Errors, ${SUM} in all"} < set(labels)
    assert "Average latency" in labels


def test_the_tile_of_errors_counts_killed_environments_too():
    rows = widgets(BODIES["digits"], "metric")[0]["metrics"]
    [expression] = [row for row in rows if "expression" in row[-1]]
    assert expression[0]["expression"] == "SUM([own, killed])"
    hidden = {row[-1]["id"]: row[:-1] for row in rows if row[-1].get("visible") is False}
    assert hidden["killed"] == ["AWS/Lambda", "Errors", "FunctionName", "digits-Inference"]
    assert hidden["own"][:2] == ["demo/vision", "ErrorCount"]


def test_lambdas_own_counts_stand_beside_ours():
    rows = titled(BODIES["digits"], "Invocations and errors")["metrics"]
    lambdas = [row[1] for row in rows if row[0] == "AWS/Lambda"]
    assert lambdas == ["Throttles", "Errors"]


def test_memory_is_a_figure_with_a_sparkline_and_init_time_a_chart():
    memory, init = titled(BODIES["digits"], "Memory"), titled(BODIES["digits"], "Init time")
    assert (memory["view"], memory["sparkline"]) == ("singleValue", True)
    assert init["view"] == "timeSeries"


def test_a_probability_lies_between_0_and_1():
    assert titled(BODIES["digits"], "Prediction probability")["yAxis"]["left"] == {
        "min": 0,
        "max": 1,
        "showUnits": False,
    }


@pytest.mark.parametrize(
    ("title", "axis"),
    [("Latency", {"min": 0, "label": "Milliseconds"}), ("Longest document", {"label": "Count"})],
)
def test_axes_are_labelled_with_the_unit_and_only_a_models_own_metrics_may_fall_below_0(title, axis):
    assert titled(BODIES["doc_classification"], title)["yAxis"]["left"] == {"showUnits": False, **axis}


def test_what_waits_and_what_was_given_up_are_told_by_their_highest():
    """Locally a queue is looked at several times a minute, on AWS once: a sum would be of another kind."""
    rows = titled(BODIES["doc_classification"], "Messages")["metrics"]
    names_shown = {row[3]: row[-1]["stat"] for row in rows}
    called = names(rich())
    assert names_shown == {called.queue: "Maximum", called.dead_letters: "Maximum"}
    assert titled(BODIES["doc_classification"], "Age")["yAxis"]["left"]["label"] == "Seconds"


def test_an_endpoint_has_percentiles_of_its_model_and_what_sagemaker_adds():
    shown = titled(BODIES["doc_classification"], "Endpoint")
    assert metrics_of(shown) == [
        *(("ModelLatency", p) for p in ("p50", "p90", "p99")),
        ("OverheadLatency", "Average"),
    ]


def test_an_alarm_on_an_endpoint_is_a_line_in_its_chart(tmp_path):
    alarm = """
[[alarm]]
name = "slow"
metric = "ModelLatency"
statistic = "p95"
comparison = "GreaterThanThreshold"
threshold = 500000
"""
    shown = titled(body_of(tmp_path, PARTS + alarm), "Endpoint")
    assert lines(shown) == {"slow: p95 > 500000": 500_000}


@pytest.mark.parametrize(
    ("title", "delay"), [("History", "SuccessfulRequestLatency"), ("Lake", "DeliveryToS3.DataFreshness")]
)
def test_delays_of_a_delivery_have_an_axis_of_their_own_and_failures_another(title, delay):
    rows = titled(BODIES["doc_classification"], title)["metrics"]
    right = [row[1] for row in rows if row[-1].get("yAxis") == "right"]
    assert right == [delay]
    assert {row[-1]["stat"] for row in rows if row[1] != delay and row[0] != "AWS/SQS"} == {"Sum"}
    assert {"DeliveryErrors", "DeliveryThrottling", "Errors"} < {row[1] for row in rows}


def test_a_model_without_parts_shows_nothing_of_them():
    text = msgspec.json.encode(BODIES["digits"]).decode()
    assert not [
        word for word in ("AWS/SQS", "AWS/SageMaker", "AWS/DynamoDB", "AWS/Firehose", "Retried") if word in text
    ]


@pytest.mark.parametrize("parts", ["[queue]\n", "[sagemaker]\n", "[queue]\n[history]\n", "[lake]\n", PARTS])
@pytest.mark.parametrize("confidence", ["", "confidence_scale = 1\n"])
@pytest.mark.parametrize("metric", ["", '[[metric]]\nname = "Pages"\n'])
def test_the_default_widgets_of_every_part_fill_their_rows(tmp_path, parts, confidence, metric):
    model = f'[model]\nnamespace = "/abc_corp/claim"\nname = "b"\npredict = "app:predict"\n{confidence}'
    body = body_of(tmp_path, model + parts + metric)
    assert problems(body) == []
    cells = sum(widget["width"] * widget["height"] for widget in body["widgets"])
    assert cells == GRID_COLUMNS * max(widget["y"] + widget["height"] for widget in body["widgets"])


def lines(properties):
    return {line["label"]: line["value"] for line in properties.get("annotations", {}).get("horizontal", [])}


def test_alarms_stand_as_lines_in_the_charts_of_their_metrics():
    body = BODIES["doc_classification"]
    assert lines(titled(body, "Latency")) == {
        "High-Latency-Alarm: Average > 750": 750,
        "tail-latency: p99.9 ≥ 2500": 2500,
    }
    assert lines(titled(body, "RefusedCount")) == {"refused: Sum > 100": 100}


def test_a_line_that_would_say_what_is_not_so_is_left_out():
    """An hour's sum, one version's sum, and a threshold on the axis are no lines of the chart of invocations."""
    assert lines(titled(BODIES["doc_classification"], "Invocations")) == {"throttled: Sum > 10": 10}


def test_an_average_of_what_a_chart_sums_is_no_line(tmp_path):
    alarm = """
[[alarm]]
name = "rate"
metric = "ErrorCount"
comparison = "GreaterThanThreshold"
threshold = 0.05
"""
    assert lines(titled(body_of(tmp_path, alarm), "Invocations and errors")) == {}


def test_every_alarm_stands_in_the_widget_of_alarms_by_its_arn():
    [shown] = widgets(BODIES["digits"], "alarm")
    assert shown["alarms"] == [
        f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:digits-{name}"
        for name in ("Health-Alarm", "High-Latency-Alarm", "Inference-Error-Alarm", "Low-Probability-Alarm")
    ]


def test_another_partition_has_arns_of_its_own():
    body = dashboard_body(digits(), "cn-north-1", ACCOUNT, partition="aws-cn")
    assert widgets(body, "alarm")[0]["alarms"][0].startswith(f"arn:aws-cn:cloudwatch:cn-north-1:{ACCOUNT}:alarm:")


def test_slow_and_failed_transactions_are_read_from_the_log_group():
    [table] = widgets(BODIES["digits"], "log")
    assert table["query"].startswith("SOURCE '/demo/vision/digits' | fields @timestamp")
    assert '(elapse >= 400 or status in ["failed", "timeout"])' in table["query"]
    assert table["view"] == "table"


def test_the_header_is_the_specs_markdown():
    assert widgets(BODIES["digits"], "text")[0]["markdown"].startswith("# Digits\n\n**Handwritten digits**")


def test_no_address_or_number_of_a_person_stands_on_the_dashboard(tmp_path):
    spec = rich()
    told = widgets(dashboard_body(spec, REGION, ACCOUNT), "text")[1]["markdown"]
    assert "`email` (email)" in told
    assert spec.notify["email"].address not in msgspec.json.encode(dashboard_body(spec, REGION, ACCOUNT)).decode()


def test_a_model_without_confidence_has_no_probability(tmp_path):
    body = body_of(tmp_path, "")
    assert "PredictionProbability" not in msgspec.json.encode(body).decode()
    assert problems(body) == []


def test_other_names_are_watched_where_they_are_given():
    called = msgspec.structs.replace(names(digits()), function="theirs", log_group="/aws/lambda/theirs")
    body = dashboard_body(digits(), REGION, ACCOUNT, called=called)
    assert ["AWS/Lambda", "Throttles", "FunctionName", "theirs"] in [
        row[:-1] for row in titled(body, "Invocations and errors")["metrics"]
    ]
    assert widgets(body, "log")[0]["query"].startswith("SOURCE '/aws/lambda/theirs'")


def test_widgets_flow_in_rows_as_on_the_page():
    sizes = [(24, 2), (12, 6), (6, 3), (6, 4), (16, 5), (12, 1)]
    flowed = placed({"type": "text", "width": width, "height": height} for width, height in sizes)
    assert [(each["x"], each["y"]) for each in flowed] == [(0, 0), (0, 2), (12, 2), (18, 2), (0, 8), (0, 13)]
