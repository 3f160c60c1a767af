"""Saved queries: within Logs Insights' language and limits, over fields that the log has."""

from __future__ import annotations

import json
import re

import pytest
from cloudwatch_examples import a_spec, digits, rich
from insights_language import parsed
from log_events import access, attempt, behind, inference, report

from inferwatch.cloudwatch.names import names
from inferwatch.cloudwatch.queries import saved_queries, slow_ms, slow_or_failed, unsaid
from inferwatch.errors import SpecError

COMMANDS = {"fields", "filter", "stats", "sort", "dedup", "limit"}
WORDS = {"and", "or", "not", "in", "as", "by", "asc", "desc", "like", *COMMANDS}
FUNCTIONS = {
    "count",
    "sum",
    "avg",
    "min",
    "max",
    "pct",
    "latest",
    "bin",
    "ispresent",
    "count_distinct",
    "strcontains",
    "substr",
}
SYSTEM = {"@timestamp", "@message"}
SPECS = [digits(), rich()]
EVERY_QUERY = [pytest.param(spec, query, id=f"{query.name}") for spec in SPECS for query in saved_queries(spec)]


def flat(value, path=""):
    if not isinstance(value, dict):
        return {path}
    return {found for name, below in value.items() for found in flat(below, f"{path}.{name}".lstrip("."))}


def fields_of(spec, group):
    """What Logs Insights discovers in a log group's events."""
    if group == names(spec).access_log_group:
        return flat(access(spec))
    if group == names(spec).endpoint_log_group:
        return flat(behind(spec))
    failed = inference(
        spec,
        confidence=0.9,
        prediction="approved",
        status="failed",
        error={"type": "ValueError", "message": "no"},
        requester={"principal": "arn:aws:iam::123456789012:role/app", "ip": "192.0.2.1"},
        request_id="abc",
    )
    tried = flat(attempt(spec, final=True)) if spec.queue else set()
    return flat(failed) | flat(report(cold=True)) | tried


def words(text):
    """Every name in a query, without its literals and numbers."""
    bare = re.sub(r'"[^"]*"|/[^/\n]+/', " ", text)
    return set(re.findall(r"[@A-Za-z_][\w.]*(?=\s*\(?)", re.sub(r"\b\d+[smhd]?\b", " ", bare)))


@pytest.mark.parametrize(("spec", "query"), EVERY_QUERY)
def test_every_field_is_one_that_the_log_group_has(spec, query):
    made = set(re.findall(r"\bas (\w+)", query.text))
    there = set().union(*(fields_of(spec, group) for group in query.log_groups))
    assert words(query.text) - WORDS - FUNCTIONS - SYSTEM - made - there == set()


@pytest.mark.parametrize(("spec", "query"), EVERY_QUERY)
def test_it_is_of_the_language_that_is_documented(spec, query):
    assert parsed(query.text)


@pytest.mark.parametrize(("spec", "query"), EVERY_QUERY)
def test_every_line_is_a_command(spec, query):
    lines = query.text.split("\n| ")
    assert {line.split()[0] for line in lines} <= COMMANDS
    assert query.text.count("(") == query.text.count(")")
    assert query.text.count('"') % 2 == 0
    assert "\\" not in query.text


@pytest.mark.parametrize(("spec", "query"), EVERY_QUERY)
def test_within_the_limits(spec, query):
    assert len(query.text) <= 10_000
    assert 1 <= len(query.name) <= 255
    for count, unit in re.findall(r"bin\((\d+)([smhd])\)", query.text):
        assert int(count) <= {"s": 60, "m": 60, "h": 24, "d": 1}[unit]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.model.name)
def test_names_are_unique_and_stand_in_the_models_folder(spec):
    found = [query.name for query in saved_queries(spec)]
    assert len(set(found)) == len(found)
    assert all(name.startswith(names(spec).log_group.strip("/") + "/") for name in found)


def test_rows_stay_few_where_nothing_is_summed_up():
    for query in saved_queries(digits()):
        assert "| limit " in query.text or "| stats " in query.text


@pytest.mark.parametrize(
    ("alarm", "expected"),
    [
        ("", 2000),
        ('[[alarm]]\nname = "High-Latency-Alarm"\nthreshold = 350\n', 350),
        (
            '[[alarm]]\nname = "a"\nmetric = "LatencyMs"\nstatistic = "p99"\n'
            'comparison = "GreaterThanThreshold"\nthreshold = 900\n',
            900,
        ),
        (
            '[[alarm]]\nname = "a"\nmetric = "LatencyMs"\nstatistic = "SampleCount"\n'
            'comparison = "GreaterThanThreshold"\nthreshold = 5\n',
            2000,
        ),
    ],
)
def test_slow_is_what_the_alarms_say(tmp_path, alarm, expected):
    spec = a_spec(tmp_path, alarm)
    assert slow_ms(spec) == expected
    assert f"elapse >= {expected} or" in slow_or_failed(spec)


def test_without_confidence_nobody_asks_for_unsure_inferences(tmp_path):
    texts = json.dumps([query.text for query in saved_queries(a_spec(tmp_path, ""))])
    assert "confidence" not in texts
    assert "PredictionProbability" not in texts


def test_attempts_are_asked_for_where_there_is_a_queue():
    [attempts] = [query for query in saved_queries(rich()) if query.name.endswith("/Attempts")]
    assert 'filter type = "inference_attempt"' in attempts.text
    assert "count_distinct(message_id) as messages" in attempts.text
    assert not [query for query in saved_queries(digits()) if "attempt" in query.text]


def test_without_an_api_its_log_is_not_asked(tmp_path):
    spec = a_spec(tmp_path, '[api]\ntype = "none"\n')
    assert {query.log_groups for query in saved_queries(spec)} == {("/abc_corp/claim/doc_classification",)}


def test_one_query_reads_what_function_and_endpoint_say_of_a_transaction():
    [both] = [query for query in saved_queries(rich()) if len(query.log_groups) > 1]
    called = names(rich())
    assert both.name.endswith("/Function and endpoint")
    assert both.log_groups == (called.log_group, called.endpoint_log_group)
    assert both.text.endswith("by transaction_id\n| sort function_ms desc\n| limit 100")
    assert 'type in ["inference_transaction", "endpoint_invocation"]' in both.text
    assert not [query for query in saved_queries(digits()) if len(query.log_groups) > 1]


def test_an_endpoints_line_adds_nothing_to_what_is_summed_up():
    """One inference counts once: `Invocations` and `LatencyMs` stand in the function's line alone."""
    line, record = behind(rich()), inference(rich())
    assert not {"_aws", "Invocations", "LatencyMs"} & line.keys()
    assert {"_aws", "Invocations", "LatencyMs"} <= record.keys()
    assert {"type", "transaction_id", "status", "elapse"} <= line.keys()


OWN = """
[[query]]
name = "Late invoices"
where = "elapse >= 3000 AND response.label = 'invoice'"
since = "30m"
order_by = ["-elapse"]
limit = 20
"""


def test_a_query_of_the_spec_is_saved_without_a_range_of_its_own(tmp_path):
    spec = a_spec(tmp_path, OWN)
    *_, saved = saved_queries(spec)
    assert saved.name == "abc_corp/claim/doc_classification/Late invoices"
    assert saved.log_groups == ("/abc_corp/claim/doc_classification",)
    assert saved.text.splitlines() == [
        'filter type = "inference_transaction"',
        '| filter environment = "dev"',
        "| filter elapse >= 3000",
        '| filter response.label = "invoice"',
        "| fields start_at, transaction_id, elapse, ispresent(elapse) as has_0, @message",
        "| sort has_0 desc, elapse desc, start_at desc",
        "| dedup transaction_id",
        "| limit 20",
    ]
    assert list(unsaid(spec)) == []


def test_a_query_that_is_called_as_one_of_ours_stands_in_its_place(tmp_path):
    ours = [query.name for query in saved_queries(a_spec(tmp_path, ""))]
    theirs = saved_queries(a_spec(tmp_path, OWN.replace("Late invoices", "Slow")))
    assert [query.name for query in theirs] == ours
    assert "invoice" in theirs[0].text


def test_a_query_that_insights_cannot_say_is_left_out_and_named(tmp_path):
    spec = a_spec(tmp_path, """[[query]]\nname = "Ten"\nby = ["10m"]\n[[query]]\nname = "All"\n""")
    assert [query.name.rpartition("/")[2] for query in saved_queries(spec)][-1:] == ["All"]
    [(name, problem)] = unsaid(spec)
    assert name == "Ten"
    assert "buckets of 10m" in problem


def test_a_query_that_no_engine_can_be_asked_is_an_error_of_the_spec(tmp_path):
    spec = a_spec(tmp_path, """[[query]]\nname = "Slow"\nwhere = "elapse >="\n""")
    with pytest.raises(SpecError, match=r"query\[Slow\]\.where"):
        saved_queries(spec)
