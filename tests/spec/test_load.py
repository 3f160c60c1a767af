from __future__ import annotations

from pathlib import Path

import pytest

from inferwatch.errors import SpecError
from inferwatch.spec import load_spec
from inferwatch.spec.load import load_environments
from inferwatch.spec.monitor_spec import MonitorSpec

MODEL = '[model]\nnamespace = "/abc_corp/claim"\nname = "doc_classification"\n'
ALARM = '[[alarm]]\nname = "a"\nmetric = "LatencyMs"\ncomparison = "GreaterThanThreshold"\nthreshold = 1\n'
QUEUED = MODEL + "predict = 'app:predict'\n[queue]\n"


def load(tmp_path: Path, text: str, environment: str | None = None, **environ: str) -> MonitorSpec:
    (tmp_path / "inferwatch.toml").write_text(text)
    return load_spec(tmp_path, environment, environ)


def fault(tmp_path: Path, text: str, environment: str | None = None) -> SpecError:
    with pytest.raises(SpecError) as caught:
        load(tmp_path, text, environment)
    assert str(caught.value).startswith(str(tmp_path / "inferwatch.toml"))
    return caught.value


def test_names_derive_from_namespace_and_model(tmp_path: Path) -> None:
    spec = load(tmp_path, MODEL)
    assert spec.identity.log_group == "/abc_corp/claim/doc_classification"
    assert spec.identity.metric_namespace == "abc_corp/claim"
    assert spec.identity.dimensions == {"model_name": "doc_classification", "environment": "dev"}
    assert spec.dashboard.title == "doc_classification"


def test_metric_namespace_can_be_set(tmp_path: Path) -> None:
    spec = load(tmp_path, MODEL + 'metric_namespace = "Claims"\n')
    assert spec.identity.metric_namespace == "Claims"
    assert spec.identity.log_group == "/abc_corp/claim/doc_classification"


def test_a_model_without_confidence_has_two_default_alarms_and_no_probability_chart(tmp_path: Path) -> None:
    spec = load(tmp_path, MODEL)
    assert [alarm.name for alarm in spec.alarms] == ["High-Latency-Alarm", "Inference-Error-Alarm"]
    assert "probability" not in [widget.type for widget in spec.dashboard.widget]


def test_a_model_with_confidence_has_three_default_alarms(tmp_path: Path) -> None:
    spec = load(tmp_path, MODEL + "confidence_scale = 100\n")
    latency, errors, probability = spec.alarms
    assert (latency.metric, latency.comparison, latency.threshold) == ("LatencyMs", "GreaterThanThreshold", 2000)
    assert (errors.metric, errors.statistic, errors.threshold) == ("ErrorCount", "Sum", 0)
    assert (probability.metric, probability.comparison) == ("PredictionProbability", "LessThanThreshold")
    assert (probability.statistic, probability.threshold) == ("Average", 0.45)
    assert "probability" in [widget.type for widget in spec.dashboard.widget]


def test_an_alarm_of_a_default_ones_name_changes_only_what_it_says(tmp_path: Path) -> None:
    spec = load(tmp_path, MODEL + '[[alarm]]\nname = "High-Latency-Alarm"\nthreshold = 500\n')
    alarm = spec.alarms[0]
    assert (alarm.threshold, alarm.metric, alarm.treat_missing_data) == (500, "LatencyMs", "notBreaching")


def test_default_alarms_can_be_left_out(tmp_path: Path) -> None:
    assert load(tmp_path, MODEL + "default_alarms = false\n").alarms == ()


def test_an_overlay_changes_one_environment_only(tmp_path: Path) -> None:
    text = MODEL + ALARM + "[function]\nmemory = 256\n[environment.dev]\n[environment.prod.function]\nmemory = 1024\n"
    text += '[[environment.prod.alarm]]\nname = "a"\nthreshold = 7\n'
    dev, prod = load(tmp_path, text), load(tmp_path, text, "prod")
    assert (dev.function.memory, prod.function.memory) == (256, 1024)
    assert (dev.alarms[-1].threshold, prod.alarms[-1].threshold) == (1, 7)
    assert (dev.identity.environment, prod.identity.environment) == ("dev", "prod")


def test_all_environments_are_read_in_their_order(tmp_path: Path) -> None:
    text = MODEL + "[environment.test]\n[environment.dev]\n[environment.prod.function]\nmemory = 1024\n"
    (tmp_path / "inferwatch.toml").write_text(text)
    every = load_environments(tmp_path, {"INFERWATCH_ENVIRONMENT": "prod"})
    assert [spec.identity.environment for spec in every] == ["test", "dev", "prod"]
    assert [spec.function.memory for spec in every] == [512, 512, 1024]
    assert {spec.environments for spec in (*every, load(tmp_path, text, "prod"))} == {("test", "dev", "prod")}


def test_without_environments_there_is_the_one_that_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "inferwatch.toml").write_text(MODEL)
    assert [spec.identity.environment for spec in load_environments(tmp_path, {})] == ["dev"]
    asked = load_environments(tmp_path, {"INFERWATCH_ENVIRONMENT": "live"})
    assert [(spec.identity.environment, spec.environments) for spec in asked] == [("live", ())]


def test_the_environment_variable_chooses_the_environment(tmp_path: Path) -> None:
    text = MODEL + "[environment.dev]\n[environment.prod]\n"
    assert load(tmp_path, text, INFERWATCH_ENVIRONMENT="prod").identity.environment == "prod"


def test_a_deployment_sets_version_and_deployment_id(tmp_path: Path) -> None:
    spec = load(tmp_path, MODEL, INFERWATCH_MODEL_VERSION="12", INFERWATCH_DEPLOYMENT_ID="d-7")
    assert (spec.identity.model_version, spec.identity.deployment_id) == (12, "d-7")


def test_features_have_a_short_and_a_long_form(tmp_path: Path) -> None:
    features = '[features]\npixels = "number[64]"\nwords = "string[]?"\n'
    spec = load(tmp_path, MODEL + features + 'age = {type = "integer", min = 0}\n')
    assert spec.features["pixels"].length == 64
    assert spec.features["words"].length == -1
    assert spec.features["words"].optional
    assert (spec.features["age"].type, spec.features["age"].min, spec.features["age"].length) == ("integer", 0, None)


def test_a_metric_watched_by_less_than_a_minute_is_of_high_resolution(tmp_path: Path) -> None:
    compiled = load(tmp_path, MODEL + ALARM + "period = 10\n").compile()
    assert compiled["high_resolution"] == ["LatencyMs"]
    assert compiled["log_group"] == "/abc_corp/claim/doc_classification"


@pytest.mark.parametrize(
    ("text", "key", "says"),
    [
        ("", "model", "is missing"),
        ("[model]\nname = 'x'\n", "model.namespace", "is missing"),
        (MODEL + "[[alarm]]\nname = 'x'\n", "alarm[x].metric", "is missing"),
        (MODEL + "[[metric]]\nunit = 'Count'\n", "metric[0].name", "is missing"),
        (MODEL + "nmae = 'x'\n", "model.nmae", "did you mean 'name'?"),
        (MODEL + "[alarms]\n", "alarms", "did you mean 'alarm'?"),
        (MODEL + "confidence_scale = 10\n", "model.confidence_scale", "10 is not allowed; expected 1 or 100"),
        (MODEL + "capture = 'some'\n", "model.capture", "expected 'full' or 'none'"),
        (MODEL + "redact = 'ip'\n", "model.redact", "'ip' is not allowed; expected an array"),
        (MODEL + "version = ''\n", "model.version", "must not be empty"),
        (MODEL + ALARM + "dimensions = {env = 'dev'}\n", "alarm[a].dimensions", "by_version = true adds ModelVersion"),
        (MODEL + "redact = ['transaction_id']\n", "model.redact", "cannot be redacted"),
        (MODEL + "redact = ['request..name']\n", "model.redact", "is no path"),
        (MODEL + "predict = 'app.predict'\n", "model.predict", "must be 'module:function'"),
        (MODEL + ALARM + "period = 45\n", "alarm[a].period", "10, 20, 30 or a multiple of 60"),
        (MODEL + ALARM + "period = '60'\n", "alarm[a].period", "'60' is not allowed; expected a whole number"),
        (MODEL + ALARM + "statistic = 'p101'\n", "alarm[a].statistic", "is not a statistic"),
        (MODEL + ALARM + "statistic = 'mean'\n", "alarm[a].statistic", "Average"),
        (MODEL + ALARM.replace("threshold = 1", "threshold = nan"), "alarm[a].threshold", "a finite number"),
        (MODEL + "[[metric]]\nname = 'Pages'\nfield = 'request..pages'\n", "metric[Pages].field", "is no path"),
        (MODEL + "".join(f"[[metric]]\nname = 'M{n}'\n" for n in range(95)), "metric", "95 metrics are too many"),
        (MODEL + "[features]\nage = {type = 'number', values = ['a']}\n", "features.age.values", "of type number"),
        (MODEL + "[features]\nage = {type = 'string', values = []}\n", "features.age.values", "at least one"),
        (MODEL + "[notify.slack]\nwebhook_env = ''\n", "notify.slack.webhook_env", "must name an environment variable"),
        (MODEL + ALARM + "treat_missing_data = 'ok'\n", "alarm[a].treat_missing_data", "'notBreaching'"),
        (MODEL + ALARM + "datapoints_to_alarm = 2\n", "alarm[a].datapoints_to_alarm", "1 to evaluation_periods, 1"),
        (MODEL + ALARM + "evaluation_periods = 1441\n", "alarm[a].evaluation_periods", "1 day"),
        (MODEL + ALARM + "notify = ['slak']\n", "alarm[a].notify", "[notify.slak]"),
        (MODEL + ALARM + ALARM, "alarm[a]", "stands twice"),
        (MODEL + ALARM.replace("LatencyMs", "Latency"), "alarm[a].metric", "did you mean 'LatencyMs'?"),
        (MODEL + ALARM.replace("LatencyMs", "PredictionProbability"), "alarm[a].metric", "confidence_scale"),
        (
            MODEL + ALARM.replace("LatencyMs", "DeadLetters"),
            "alarm[a].metric",
            "'DeadLetters' needs a [queue] table",
        ),
        (MODEL + ALARM.replace("LatencyMs", "ModelLatency"), "alarm[a].metric", "needs a [sagemaker] table"),
        (
            QUEUED + ALARM.replace("LatencyMs", "QueuedMessages") + "statistic = 'Sum'\n",
            "alarm[a].statistic",
            "'Sum' of QueuedMessages tells how often the queue was looked at; take 'Maximum' or 'Average'",
        ),
        (
            QUEUED + "[[dashboard.widget]]\ntype = 'metric'\nmetric = 'DeadLetters'\nstatistic = 'SampleCount'\n",
            "dashboard.widget[0].statistic",
            "how often the queue was looked at",
        ),
        (MODEL + "[[dashboard.widget]]\ntype = 'age'\n", "dashboard.widget[0].type", "'age' needs a [queue] table"),
        (MODEL + "[[dashboard.widget]]\ntype = 'endpoint'\n", "dashboard.widget[0].type", "a [sagemaker] table"),
        (MODEL + "[[dashboard.widget]]\ntype = 'lake'\n", "dashboard.widget[0].type", "a [lake] table"),
        (
            MODEL + "[[dashboard.widget]]\ntype = 'metric'\nmetric = 'RetriedCount'\n",
            "dashboard.widget[0].metric",
            "needs a [queue] table",
        ),
        (MODEL + "[[metric]]\nname = 'Pages'\nunit = 'Pages'\n", "metric[Pages].unit", "Milliseconds"),
        (MODEL + "[[metric]]\nname = 'LatencyMs'\n", "metric[LatencyMs].name", "already"),
        (MODEL + "[features]\nage = 'int'\n", "features.age", "number, integer, string or boolean"),
        (MODEL + "[features]\nage = {type = 'number', min = 2, max = 1}\n", "features.age.min", "greater than max"),
        (MODEL + "[features]\nage = {type = 'number', mim = 2}\n", "features.age.mim", "did you mean 'min'?"),
        (MODEL + "[function]\nmemory = 64\n", "function.memory", "128 to 10240"),
        (MODEL + "[function]\ntimeout = 901\n", "function.timeout", "900"),
        (MODEL + "[notify.slack]\nwebhook_env = 'https://hooks.slack.com/x'\n", "notify.slack.webhook_env", "secret"),
        (MODEL + "[notify.mail]\n", "notify.mail.type", "expected 'slack' or 'webhook'"),
        (MODEL + "[[dashboard.widget]]\ntype = 'pie'\n", "dashboard.widget[0].type", "'latency'"),
        (MODEL + "[[dashboard.widget]]\ntype = 'probability'\n", "dashboard.widget[0].type", "confidence_scale"),
        (MODEL + "[[dashboard.widget]]\ntype = 'latency'\nwidth = 25\n", "dashboard.widget[0].width", "1 to 24"),
        (MODEL.replace("/abc_corp/claim", "abc_corp"), "model.namespace", "must begin with '/'"),
        (MODEL.replace("/abc_corp/claim", "/aws/claim"), "model.namespace", "AWS keeps for itself"),
        (MODEL.replace("/abc_corp/claim", "/abc/../claim"), "model.namespace", "'..'"),
        (MODEL.replace("/abc_corp/claim", "/abc corp"), "model.namespace", "character"),
        (MODEL.replace("doc_classification", "a b"), "model.name", "character"),
        (MODEL.replace("/abc_corp/claim", "/" + "x" * 600), "model.namespace", "at most 512"),
    ],
)
def test_a_fault_names_its_key_and_what_is_allowed(tmp_path: Path, text: str, key: str, says: str) -> None:
    error = fault(tmp_path, text)
    assert error.key == key
    assert says in error.problem


ENVIRONMENTS = MODEL + ALARM + "[function]\nmemory = 256\n[environment.dev]\n"


@pytest.mark.parametrize("environment", ["dev", "prod"])
@pytest.mark.parametrize(
    ("overlay", "key", "says"),
    [
        ("[environment.prod.modle]\n", "modle", "did you mean 'model'?"),
        ("[environment.prod.function]\ntimeout = 'a'\n", "function.timeout", "expected a number"),
        ("[environment.prod.function]\nmemory = 64\n", "function.memory", "128 to 10240"),
        ("[[environment.prod.alarm]]\nname = 'a'\nperiod = 45\n", "alarm[a].period", "a multiple of 60"),
        ("[[environment.prod.alarm]]\nname = 'b.c'\n", "alarm[b.c].metric", "is missing"),
        (
            "[[environment.prod.alarm]]\nname = 'High-Latency-Alarm'\nperiod = 45\n",
            "alarm[High-Latency-Alarm].period",
            "",
        ),
        ("[environment.prod.features]\n'a.b' = 'int'\n", "features.a.b", "is no type of a feature"),
        ("[[environment.prod.dashboard.widget]]\ntype = 'pie'\n", "dashboard.widget[0].type", "'latency'"),
        ("[environment.prod]\nfunction = 1\n", "function", "expected a table"),
        ("[environment.prod.environment.x]\n", "environment", "holds no environments"),
    ],
)
def test_an_overlay_is_checked_whichever_environment_is_chosen(
    tmp_path: Path, environment: str, overlay: str, key: str, says: str
) -> None:
    error = fault(tmp_path, ENVIRONMENTS + overlay, environment)
    assert error.key == f"environment.prod.{key}"
    assert says in error.problem


def test_the_chosen_environment_is_checked_first(tmp_path: Path) -> None:
    text = MODEL + "[environment.dev.function]\nmemory = 1\n[environment.prod.function]\nmemory = 1\n"
    assert fault(tmp_path, text, "prod").key == "environment.prod.function.memory"
    assert fault(tmp_path, text, "dev").key == "environment.dev.function.memory"


def test_a_fault_below_an_overlay_keeps_its_key(tmp_path: Path) -> None:
    text = MODEL + "[function]\nmemory = 64\n[environment.prod.function]\ntimeout = 3\n"
    assert fault(tmp_path, text, "prod").key == "function.memory"


def test_a_fault_that_an_overlay_makes_of_the_base_names_the_environment(tmp_path: Path) -> None:
    overlay = "[[environment.prod.alarm]]\nname = 'a'\nperiod = 120\n"
    error = fault(tmp_path, MODEL + ALARM + "evaluation_periods = 1440\n[environment.dev]\n" + overlay)
    assert error.key == "alarm[a].evaluation_periods"
    assert error.problem.endswith("(in environment 'prod')")


PARTS = "[queue]\n[sagemaker]\n"
VERSIONED = MODEL + "predict = 'app:predict'\nby_version = true\n" + ALARM
OWN = "model_name = 'doc_classification', environment = 'dev'"


@pytest.mark.parametrize(
    ("text", "key", "says"),
    [
        (OWN.replace("doc_", ""), ".model_name", "expected 'doc_classification'"),
        (OWN.replace("dev", "prod"), ".environment", "'prod' is not this model's; expected 'dev'"),
        (OWN + ", ModelVersion = ''", ".ModelVersion", "must not be empty"),
    ],
)
def test_the_dimensions_of_an_alarm_are_the_models_own(tmp_path: Path, text: str, key: str, says: str) -> None:
    error = fault(tmp_path, VERSIONED + f"dimensions = {{{text}}}\n")
    assert error.key == f"alarm[a].dimensions{key}"
    assert says in error.problem


@pytest.mark.parametrize("metric", ["Throttles", "RefusedCount", "DeadLetters", "RetriedCount", "ModelLatency"])
def test_what_others_count_has_no_version(tmp_path: Path, metric: str) -> None:
    text = VERSIONED.replace("LatencyMs", metric).replace("[[alarm]]", PARTS + "[[alarm]]")
    assert load(tmp_path, text + f"dimensions = {{{OWN}}}\n").alarms[-1].metric == metric
    error = fault(tmp_path, text + f"dimensions = {{{OWN}, ModelVersion = '1'}}\n")
    assert error.key == "alarm[a].dimensions"
    assert "knows no ModelVersion" in error.problem


@pytest.mark.parametrize("metric", ["LatencyMs", "InitDurationMs", "MaxMemoryUsedMB", "BilledDurationMs"])
def test_what_a_version_did_can_be_watched_by_version(tmp_path: Path, metric: str) -> None:
    text = VERSIONED.replace("LatencyMs", metric) + f"dimensions = {{{OWN}, ModelVersion = '1'}}\n"
    assert (load(tmp_path, text).alarms[-1].dimensions or {})["ModelVersion"] == "1"


def test_an_undeclared_environment_names_the_declared_ones(tmp_path: Path) -> None:
    error = fault(tmp_path, MODEL + "[environment.dev]\n[environment.prod]\n", "prd")
    assert error.key == "environment"
    assert "dev, prod; did you mean 'prod'?" in error.problem


def test_broken_toml_names_the_line(tmp_path: Path) -> None:
    assert "line 2" in fault(tmp_path, "[model]\nname = \n").problem


def test_what_editors_on_windows_write_is_read(tmp_path: Path) -> None:
    (tmp_path / "inferwatch.toml").write_bytes(b"\xef\xbb\xbf" + MODEL.replace("\n", "\r\n").encode())
    assert load_spec(tmp_path, environ={}).identity.model_name == "doc_classification"


def test_toml_nested_too_deeply_is_a_spec_error(tmp_path: Path) -> None:
    assert "nested too deeply" in fault(tmp_path, MODEL + "x = " + "[" * 5000 + "]" * 5000).problem


def test_a_missing_file_is_a_spec_error(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="no such file"):
        load_spec(tmp_path)


@pytest.mark.parametrize(
    ("text", "key", "says"),
    [
        ("[function]\nephemeral_storage = 100", "function.ephemeral_storage", "512 to 10240 MB"),
        ("[function]\nreserved_concurrency = 0", "function.reserved_concurrency", "1 or more"),
        (
            "[function]\nreserved_concurrency = 2\nprovisioned_concurrency = 3",
            "function.provisioned_concurrency",
            "more than is reserved, 2",
        ),
        ('[api]\nauth = "api-key"', "api.auth", "'iam', 'jwt', 'none'"),
        ('[api]\nauth = "jwt"', "api.jwt_issuer", "https URL"),
        ('[api]\nauth = "jwt"\njwt_issuer = "https://a"', "api.jwt_audience", "audiences"),
        ("[api]\nrate_limit = 0", "api.rate_limit", "more than 0"),
        ("[api]\nburst_limit = 0", "api.burst_limit", "1 or more"),
        ("[api]\ndaily_quota = 5", "api.daily_quota", "api-key"),
        ('[api]\nstage = "a/b"', "api.stage", "letters"),
        ('[api]\nallow_origins = ["example.com"]', "api.allow_origins", "https://example.com"),
        ("[logs]\nretention_days = 10", "logs.retention_days", "7, 14"),
        ('[aws]\naccount = "12"', "aws.account", "12 digits"),
        ('[aws]\nregion = "Frankfurt"', "aws.region", "eu-central-1"),
        ('[notify.slack]\nworkspace_id = "T0123ABCD"', "notify.slack.channel_id", "is missing"),
        (
            '[notify.slack]\nworkspace_id = "T0123ABCD"\nchannel_id = "#alerts"',
            "notify.slack.channel_id",
            "begins with C or G",
        ),
        ('[notify.email]\naddress = "me"', "notify.email.address", "no e-mail"),
        ('[notify.sms]\nphone = "0151"', "notify.sms.phone", "+4915112345678"),
    ],
)
def test_what_cannot_stand_on_aws_is_said_with_its_key(tmp_path: Path, text: str, key: str, says: str) -> None:
    (tmp_path / "inferwatch.toml").write_text('[model]\nnamespace = "/a"\nname = "b"\n' + text)
    with pytest.raises(SpecError) as caught:
        load_spec(tmp_path, environ={})
    assert caught.value.key == key
    assert says in caught.value.problem


@pytest.mark.parametrize(
    ("redact", "more", "hidden"),
    [
        ("features.age", "", {"features.age", "request.age"}),
        ("request.age", "", {"request.age", "features.age"}),
        ("request", "", {"request", "features"}),
        ("request.payload.age", "", {"request.payload.age", "features.age"}),
        ("request.payload", "", {"request.payload", "features"}),
        ("request.payload", '[features]\npayload = "string"\n', {"request.payload", "features.payload"}),
        ("features.age", 'parse = "app:parse"\n', {"features.age"}),
        ("request.age", 'parse = "app:parse"\n', {"request.age"}),
        ("requester", "", {"requester"}),
    ],
)
def test_a_redacted_feature_is_hidden_wherever_it_stands(
    tmp_path: Path, redact: str, more: str, hidden: set[str]
) -> None:
    model = f'[model]\nnamespace = "/a"\nname = "b"\npredict = "app:predict"\nredact = ["{redact}"]\n'
    (tmp_path / "inferwatch.toml").write_text(model + more)
    compiled = load_spec(tmp_path, environ={}).compile()["redact"]
    assert set(compiled) == hidden
    assert len(compiled) == len(hidden)
