"""The demo's story, told to the alarms of a synthesized template: lines become metrics, and metrics make alarms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import orjson
import pytest
from emf_bridge import Metrics, Series
from intrinsics import Template
from synthesis import SPECS, Synthesized
from template_alarms import Change, TemplateAlarms

from inferwatch.cli.demo.story import STORY_ALARMS, phase_at
from inferwatch.cloudwatch.access_log import access_log_format
from inferwatch.sdk import MemorySink, Monitor
from inferwatch.spec import load_spec
from inferwatch.spec.monitor_spec import MonitorSpec

pytestmark = pytest.mark.xdist_group("synth")

NOON = 1_795_262_400_000  # 2026-11-21 12:00:00 UTC
SECOND = 1000
MINUTE = 60 * SECOND
LASTS = 10 * MINUTE
# What the demo's model answers in each phase: confidence and milliseconds, as measured over its images.
ANSWERS = {"healthy": (0.93, 8.0), "blurred": (0.58, 8.0), "slow": (0.93, 700.0)}


class Model:
    """Writes the lines of one model, which go to a log group of the bridge at once."""

    def __init__(self, spec: MonitorSpec, metrics: Metrics, log_group: str) -> None:
        self.sink = MemorySink()
        self.monitor = Monitor(spec.compile(), self.sink, server_id="2026/11/21/digits[1]")
        self._metrics = metrics
        self._log_group = log_group

    def infer(self, at_ms: int, confidence: float, elapse: float, status: str = "succeeded") -> None:
        """One inference; a rejected one has no answer."""
        answer = {} if status == "rejected" else {"confidence": confidence}
        self.monitor.record(start_ms=at_ms, elapse=elapse, status=status, **answer)
        self._metrics.put(self._log_group, at_ms, self.sink.lines[-1])

    def report(self, at_ms: int, **measured: float) -> None:
        """What the platform says after an invocation."""
        event = {"type": "platform.report", "record": {"requestId": "r", "status": "success", "metrics": measured}}
        self._metrics.put(self._log_group, at_ms, orjson.dumps(event))


def told(model: Model, alarms: TemplateAlarms) -> Iterator[Change]:
    """The demo's story: two inferences a second, every alarm evaluated every ten seconds."""
    for at_ms in range(NOON, NOON + LASTS + MINUTE, 500):
        if at_ms % (10 * SECOND) == 0:
            yield from alarms.step(at_ms)
        phase = phase_at((at_ms - NOON) / LASTS)
        if phase.kind == "garbage":
            model.infer(at_ms, 0.0, 1.0, status="rejected")
        else:
            model.infer(at_ms, *ANSWERS[phase.kind])


def states(changes: Iterable[Change], alarm: str) -> list[str]:
    return [change.state for change in changes if change.alarm == alarm]


def test_the_demos_story_goes_to_alarm_and_back_from_the_template_alone(synthesized: Synthesized) -> None:
    template = synthesized.templates["digits"]
    spec = load_spec(SPECS.parents[2] / "examples" / "digits", environ={})
    metrics = Metrics(template)
    model = Model(spec, metrics, "/demo/vision/digits")

    changes = list(told(model, TemplateAlarms(template, metrics)))

    for alarm, kind in zip(STORY_ALARMS, ("blurred", "slow"), strict=True):
        assert states(changes, f"digits-{alarm}") == ["OK", "ALARM", "OK"]
        (at_ms,) = (c.at_ms for c in changes if c.alarm == f"digits-{alarm}" and c.state == "ALARM")
        assert phase_at((at_ms - NOON) / LASTS).kind == kind
    assert states(changes, "digits-Inference-Error-Alarm") == ["OK"]
    assert states(changes, "digits-Health-Alarm") == ["OK", "ALARM", "OK"]


def test_alarms_of_ten_seconds_watch_metrics_of_high_resolution(synthesized: Synthesized) -> None:
    template = synthesized.templates["digits"]
    spec = load_spec(SPECS.parents[2] / "examples" / "digits", environ={})
    metrics = Metrics(template)
    Model(spec, metrics, "/demo/vision/digits").infer(NOON + 25 * SECOND, 0.93, 8.0)
    dimensions = frozenset({("model_name", "digits"), ("environment", "dev")})

    fine = {series.name for series in metrics.series() if metrics.is_fine(series)}

    assert fine == {"PredictionProbability", "LatencyMs", "ErrorCount"}
    latency = Series("demo/vision", "LatencyMs", dimensions)
    assert metrics.values(latency, NOON + 20 * SECOND, NOON + 30 * SECOND) == [8.0]
    invocations = Series("demo/vision", "Invocations", dimensions)
    assert metrics.values(invocations, NOON, NOON + 10 * SECOND) == [1]


@pytest.fixture
def watched(synthesized: Synthesized) -> Template:
    return synthesized.templates["watched"]


def after(alarms: TemplateAlarms, start_ms: int, minutes: int) -> dict[str, str]:
    """The states after some minutes, without what all names begin with."""
    for at_ms in range(start_ms, start_ms + minutes * MINUTE + 1, MINUTE):
        list(alarms.step(at_ms))
    return {name.removeprefix("doc_classification-dev-"): state for name, state in alarms.states.items()}


def test_an_environment_that_is_killed_leaves_no_record_and_is_an_error_all_the_same(watched: Template) -> None:
    metrics = Metrics(watched)
    alarms = TemplateAlarms(watched, metrics)
    assert after(alarms, NOON, 1)["Inference-Error-Alarm"] == "OK"

    function = {"FunctionName": "doc_classification-dev-Inference"}
    metrics.add("AWS/Lambda", "Errors", function, NOON + MINUTE + 20 * SECOND, 1.0)

    assert after(alarms, NOON + 2 * MINUTE, 0)["Inference-Error-Alarm"] == "ALARM"
    assert after(alarms, NOON + 5 * MINUTE, 0)["Inference-Error-Alarm"] == "OK"  # its range has slid past


def test_a_failed_inference_and_a_healthy_lambda_are_an_error(watched: Template) -> None:
    metrics = Metrics(watched)
    alarms = TemplateAlarms(watched, metrics)
    model = Model(load_spec(SPECS / "rich", environ={}), metrics, "/abc_corp/claim/doc_classification")
    model.infer(NOON + 5 * SECOND, 98.0, 20.0, status="failed")
    metrics.add("AWS/Lambda", "Errors", {"FunctionName": "doc_classification-dev-Inference"}, NOON, 0.0)

    assert after(alarms, NOON + MINUTE, 0)["Inference-Error-Alarm"] == "ALARM"


def test_memory_comes_from_the_runtimes_report(watched: Template) -> None:
    metrics = Metrics(watched)
    alarms = TemplateAlarms(watched, metrics)
    model = Model(load_spec(SPECS / "rich", environ={}), metrics, "/abc_corp/claim/doc_classification")
    model.report(NOON + SECOND, durationMs=40.0, billedDurationMs=300, memorySizeMB=1024, maxMemoryUsedMB=950)

    assert after(alarms, NOON + MINUTE, 0)["Memory"] == "ALARM"
    measured = {series.name for series in metrics.series()}
    assert measured == {"MaxMemoryUsedMB", "BilledDurationMs"}  # a warm start has no init


def test_what_the_api_refuses_itself_is_counted_from_its_access_log(watched: Template) -> None:
    metrics = Metrics(watched)
    spec = load_spec(SPECS / "rich", environ={})
    answers = [("403", "-"), ("400", "-"), ("429", "-"), ("200", "200"), ("500", "200"), ("400", "400")]
    for status, integration in answers:
        line = {name: value if not value.startswith("$") else "-" for name, value in access_log_format(spec).items()}
        line |= {"status": status, "integration_status": integration}
        metrics.put("Access9901B1FF", NOON, orjson.dumps(line))

    dimensions = frozenset({("model_name", "doc_classification"), ("environment", "dev")})
    refused = Series("abc_corp/claim", "RefusedCount", dimensions)
    assert metrics.values(refused, NOON, NOON + MINUTE) == [1.0, 1.0]


def test_composite_alarms_follow_their_children(watched: Template) -> None:
    metrics = Metrics(watched)
    alarms = TemplateAlarms(watched, metrics)
    model = Model(load_spec(SPECS / "rich", environ={}), metrics, "/abc_corp/claim/doc_classification")
    for at_ms in range(NOON, NOON + 3 * MINUTE, 50):
        model.infer(at_ms, 30.0, 1800.0)

    unsure = after(alarms, NOON, 3)

    assert (unsure["High-Latency-Alarm"], unsure["Low-Probability-Alarm"]) == ("ALARM", "ALARM")
    assert (unsure["Slow and unsure"], unsure["Page someone"], unsure["Health-Alarm"]) == ("ALARM", "ALARM", "ALARM")
    assert after(alarms, NOON + 4 * MINUTE, 10)["Health-Alarm"] == "OK"
