"""What AWS would refuse of a spec is said before anything is made, by the key that it stands at."""

from __future__ import annotations

import re

import pytest
from cloudwatch_examples import SMALLEST, a_spec, digits, rich

from inferwatch.cloudwatch import limits
from inferwatch.cloudwatch.names import names
from inferwatch.errors import SpecError


def model(name="b", namespace="/a", more=""):
    return f'[model]\nnamespace = "{namespace}"\nname = "{name}"\n{more}\n'


def alarm(name="mine", metric="LatencyMs", more=""):
    head = f'[[alarm]]\nname = "{name}"\nmetric = "{metric}"\n'
    return f'{head}comparison = "GreaterThanThreshold"\nthreshold = 1\n{more}\n'


def alarms(count):
    return "".join(alarm(f"a{index}") for index in range(count))


CANARY = '[function]\nrollout = "Canary10Percent5Minutes"\n'
WIDGETS = '[[dashboard.widget]]\ntype = "latency"\nwidth = 1\nheight = 1\n'
VERSION = 'dimensions = { model_name = "b", environment = "dev", ModelVersion = "1" }'

BROKEN = {
    "no letter for a function's name": (model("..."), "model.name", "letter or a digit"),
    "a function's name too long": (
        model("m" * 55),
        "model.name",
        "of 55 characters; the function's name leaves room for 54",
    ),
    "a stack that begins with a digit": (model(namespace="/3m/claim"), "model.namespace", "begin with a letter"),
    "a stack's name too long": (model(namespace="/" + "n" * 127), "model.namespace", "at most 128"),
    "an answer that an HTTP API does not wait for": (
        "[function]\ntimeout = 30.5\n",
        "function.timeout",
        "30.5 s is longer than an API of type 'http' waits for an answer, 30 s",
    ),
    "an answer that a REST API does not wait for": (
        '[function]\ntimeout = 30\n[api]\ntype = "rest"\n',
        "function.timeout",
        "29 s; shorten it",
    ),
    "no room for the access log": (
        model(namespace="/n" + "." * 502 + "n", more='metric_namespace = "n"'),
        "model.namespace",
        "access log",
    ),
    "no room for the report's metrics": (
        model(more=f'metric_namespace = "{"n" * 250}"'),
        "model.metric_namespace",
        "1 to 255 characters",
    ),
    "a colon in a metric filter's namespace": (
        model(more='metric_namespace = "a:b"'),
        "model.metric_namespace",
        "must hold no ':'",
    ),
    "an alarm's name too long": (alarm("n" * 240), "alarm[" + "n" * 240 + "].name", "at most 255"),
    "the name of the alarm over all": (alarm("Health-Alarm"), "alarm[Health-Alarm].name", "choose another"),
    "a description too long": (
        alarm(more=f'description = "{"d" * 990}"'),
        "alarm[mine].description",
        "with the runbook and what is watched; at most 1024",
    ),
    "a composite's description too long": (
        f"[[composite_alarm]]\nname = 'c'\nrule = 'TRUE'\ndescription = '{'d' * 1020}'\n",
        "composite_alarm[c].description",
        "at most 1024",
    ),
    "a composite's name too long": (
        f"[[composite_alarm]]\nname = '{'c' * 245}'\nrule = 'TRUE'\n",
        "composite_alarm[" + "c" * 245 + "].name",
        "at most 255",
    ),
    "a rule too long with the names of AWS": (
        "".join(alarm(f"{'n' * 90}{index:02}") for index in range(94))
        + "[[composite_alarm]]\nname = 'c'\nrule = '"
        + " OR ".join(f"OK({'n' * 90}{index:02})" for index in range(94))
        + "'\n",
        "composite_alarm[c].rule",
        "at most 10240",
    ),
    "seconds where AWS counts minutes: the report": (
        alarm(metric="MaxMemoryUsedMB", more="period = 30"),
        "alarm[mine].period",
        "MaxMemoryUsedMB has one datapoint in 60 s on AWS",
    ),
    "seconds where AWS counts minutes: Lambda": (
        alarm(metric="Throttles", more="period = 10"),
        "alarm[mine].period",
        "10 is too short",
    ),
    "seconds where AWS counts minutes: the API": (
        alarm(metric="RefusedCount", more="period = 10"),
        "alarm[mine].period",
        "10 is too short",
    ),
    "a version of what the report says": (
        model(more="by_version = true") + alarm(metric="InitDurationMs", more=VERSION),
        "alarm[mine].dimensions",
        "has no ModelVersion on AWS",
    ),
    "refusals without an API": (
        '[api]\ntype = "none"\n' + alarm(metric="RefusedCount"),
        "alarm[mine].metric",
        "api.type is 'none'",
    ),
    "no room for the name of the history's writer": (
        model("m" * 50, more="[history]"),
        "model.name",
        "of 50 characters; the name of the history's writer leaves room for 49",
    ),
    "no room for the name of the lake's transform": (
        model("m" * 50, more="[lake]"),
        "model.name",
        "the name of the lake's transform leaves room for 49",
    ),
    "the name of the history's alarm": (
        "[history]\n" + alarm("History-Alarm"),
        "alarm[History-Alarm].name",
        "own alarm",
    ),
    "a composite of the history's alarm's name": (
        "[history]\n[[composite_alarm]]\nname = 'History-Alarm'\nrule = 'TRUE'\n",
        "composite_alarm[History-Alarm].name",
        "choose another",
    ),
    "a pipeline's stack with too long a name": (
        model(namespace="/" + "n" * 120, more="[pipeline]\nsource = 'codecommit'\nrepository = 'b'"),
        "model.namespace",
        "the name of the pipeline's stack 131 characters long",
    ),
    "seconds where AWS counts minutes: SQS": (
        model(more="predict = 'app:predict'\n[queue]\n") + alarm(metric="OldestMessageAge", more="period = 10"),
        "alarm[mine].period",
        "OldestMessageAge has one datapoint in 60 s on AWS",
    ),
    "seconds where AWS counts minutes: SageMaker": (
        "[sagemaker]\nendpoint = 'e'\n" + alarm(metric="ModelLatency", more="period = 30"),
        "alarm[mine].period",
        "30 is too short",
    ),
    "a queue's model that an API calls too": (
        model(more="predict = 'app:predict'\n[queue]\n[function]\ntimeout = 60\n"),
        "function.timeout",
        "60 s is longer than an API of type 'http' waits",
    ),
    "more alarms than CodeDeploy looks at": (CANARY + alarms(9), "alarm", "CodeDeploy looks at no more than 10"),
    "more alarms than a widget shows": (alarms(98), "alarm", "a dashboard shows 100"),
    "more widgets than a dashboard has": (WIDGETS * 501, "dashboard.widget", "at most 500"),
}


@pytest.mark.parametrize(("text", "key", "problem"), BROKEN.values(), ids=BROKEN)
def test_what_aws_refuses_is_told_by_its_key(tmp_path, text, key, problem):
    spec = a_spec(tmp_path, text)
    with pytest.raises(SpecError) as told:
        limits.check(spec)
    assert told.value.key == key
    assert problem in told.value.problem
    assert told.value.file == spec.file


def test_an_environment_with_letters_that_a_dimension_cannot_have(tmp_path):
    spec = a_spec(tmp_path, SMALLEST + '[environment."größer"]\n', "größer")
    with pytest.raises(SpecError, match="environment: 'größer' may hold printable ASCII") as told:
        limits.check(spec)
    assert told.value.key == "environment"


WITHIN = {
    "the smallest spec": "",
    "a function's name of 64": model("m" * 54),
    "an alarm's name of 255": alarm("n" * 236),
    "a long answer without an API": '[function]\ntimeout = 900\n[api]\ntype = "none"\n',
    "a long answer to a message": model(
        more="predict = 'app:predict'\n[queue]\n[function]\ntimeout = 900\n[api]\ntype = 'none'\n"
    ),
    "the name of the history's alarm without a history": alarm("History-Alarm"),
    "seconds of messages that are tried again": model(more="predict = 'app:predict'\n[queue]\n")
    + alarm(metric="RetriedCount", more="period = 10"),
    "ten alarms and a canary, and those of a queue": model(more="predict = 'app:predict'\n[queue]\n" + CANARY)
    + alarms(8),
    "ten alarms and a canary": CANARY + alarms(8),
    "seconds of what the line carries": alarm(more="period = 10"),
    "seconds of errors": alarm(metric="ErrorCount", more='period = 10\nstatistic = "Sum"'),
    "the report's default dimensions": model()
    + alarm(metric="InitDurationMs", more='dimensions = { model_name = "b", environment = "dev" }'),
}


@pytest.mark.parametrize("text", WITHIN.values(), ids=WITHIN)
def test_what_aws_takes_passes(tmp_path, text):
    limits.check(a_spec(tmp_path, text))


@pytest.mark.parametrize("spec", [digits(), rich()], ids=lambda spec: spec.model.name)
def test_the_specs_of_these_tests_pass(spec):
    limits.check(spec)


NAMES = {
    # By member of Names: the longest that its service takes, and the letters of it.
    **dict.fromkeys(("function", "history_writer", "lake_transform"), (64, r"[A-Za-z0-9_-]+")),  # Lambda
    **dict.fromkeys(("queue", "dead_letters", "history_failures"), (80, r"[A-Za-z0-9_-]+")),  # SQS
    "endpoint": (63, r"[A-Za-z0-9](-*[A-Za-z0-9])*"),  # SageMaker
    "history": (255, r"[A-Za-z0-9_.-]{3,}"),  # DynamoDB
    "lake": (64, r"[A-Za-z0-9_.-]+"),  # Firehose; Athena's workgroup takes 128
    "lake_database": (255, r"[a-z][a-z0-9_]*"),  # Glue, asked by Athena
    **dict.fromkeys(("history_subscription", "lake_subscription"), (512, r"[^:*]+")),  # CloudWatch Logs
    "pipeline": (100, r"[A-Za-z0-9.@_-]+"),  # CodePipeline
    **dict.fromkeys(("stack", "pipeline_stack"), (128, r"[A-Za-z][A-Za-z0-9-]*")),  # CloudFormation
}


@pytest.mark.parametrize("name", ["m" * 49, "M" + "." * 47 + "m", "m" + "_" * 48 + "m", "a.b_c-D#1"])
@pytest.mark.parametrize("namespace", ["/a", "/" + "n" * 60, "/A.b/C_d"])
@pytest.mark.parametrize("environment", [None, "p"])
def test_what_passes_has_names_that_every_service_takes(tmp_path, name, namespace, environment):
    parts = "predict = 'app:predict'\n[queue]\n[sagemaker]\n[history]\n[lake]\n"
    pipeline = "[pipeline]\nsource = 'codecommit'\nrepository = 'b'\n"
    declared = f"[environment.{environment}]\n" if environment else ""
    spec = a_spec(tmp_path, model(name, namespace, parts + pipeline + declared), environment)
    try:
        limits.check(spec)
    except SpecError:
        assert len(names(spec).prefix) > 49  # the one that is too long by the environment's name
        return
    for member, (most, letters) in NAMES.items():
        made = getattr(names(spec), member)
        assert len(made) <= most, member
        assert re.fullmatch(letters, made), member
