"""An account with one model in it, as far as moto goes; what moto has not is answered here. Time passes by `pause`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import orjson
from moto import mock_aws
from quick_session import REGION, Session

from inferwatch.aws.patience import Patience
from inferwatch.aws.resources.model_client import Answer
from inferwatch.aws.session import Caller
from inferwatch.aws.site import Site
from inferwatch.cloudwatch.alarms import alarm_properties
from inferwatch.cloudwatch.composites import health_properties
from inferwatch.cloudwatch.filters import metric_filters
from inferwatch.cloudwatch.names import names
from inferwatch.sdk import MemorySink
from inferwatch.sdk.monitor import Monitor
from inferwatch.serving.service import Service
from inferwatch.spec import load_spec
from inferwatch.store.streams import emf

ACCOUNT = "123456789012"
URL = f"https://a1b2c3d4e5.execute-api.{REGION}.amazonaws.com/dev/predict"
WORKSPACE, CHANNEL = "T0123456789", "C0123456789"
SPEC = f"""
[model]
namespace = "/abc_corp/health"
name = "sleep"
confidence_scale = 1
predict = "app:predict"

[features]
hours = {{type = "number", min = 0, max = 24}}

[notify.slack]
workspace_id = "{WORKSPACE}"
channel_id = "{CHANNEL}"

[notify.email]
address = "someone@example.com"
"""


class Clock:
    """Begins now, and goes on when somebody pauses; `after` is what happens meanwhile."""

    def __init__(self) -> None:
        self.now = time.time_ns() // 1_000_000
        self._due: list[tuple[int, Callable[[], object]]] = []

    def now_ms(self) -> int:
        return self.now

    def pause(self, seconds: float) -> None:
        until = self.now + round(seconds * 1000)
        due, self._due = ([one for one in self._due if (one[0] <= until) is yes] for yes in (True, False))
        for at_ms, happen in sorted(due, key=lambda one: one[0]):
            self.now = at_ms
            happen()
        self.now = until

    def after(self, seconds: float, happen: Callable[[], object]) -> None:
        if seconds <= 0:
            happen()
        else:
            self._due.append((self.now + round(seconds * 1000), happen))

    @property
    def patience(self) -> Patience:
        return Patience(self.now_ms, self.pause)


def refuse(code: str, message: str = "no", status: int = 400) -> tuple[int, dict[str, Any]]:
    """What an operation answers that AWS refuses."""
    return status, {"Error": {"Code": code, "Message": message}}


class World:
    """The account. lag_s: of the log; metrics_lag_s: of the metrics after it, None where they never come;
    line: what becomes of a line before it is logged; published: by the forced alarm: `Succeeded`, `Failed`, None.
    """

    def __init__(self, folder: Path, spec: str = SPEC) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "inferwatch.toml").write_text(spec)
        self.folder = folder
        self.spec = load_spec(folder, environ={})
        self.names = names(self.spec)
        self.session = Session()
        caller = Caller(account=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:user/alice", region=REGION)
        self.site = Site(self.spec, self.names, self.session, caller)
        self.clock = Clock()
        self.topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:{self.names.topic}"
        self.lag_s = 5.0
        self.metrics_lag_s: float | None = 90.0
        self.line: Callable[[bytes], bytes] = lambda line: line
        self.publishes: str | None = "Succeeded"
        self.publish_error: str | None = None
        self.requests: list[Any] = []
        self.refusal: Answer | None = None
        self.states_set: list[str] = []
        self.function: dict[str, Any] = {"LogGroup": self.names.log_group, "LogFormat": "JSON"}
        self._replies: dict[str, Callable[[dict[str, Any]], Any]] = {}
        self._params: dict[str, dict[str, Any]] = {}
        self._deploy()

    def replies(self, operation: str, reply: Callable[[dict[str, Any]], Any]) -> None:
        """Let `reply` answer `cloudwatch.DescribeAlarmHistory` and the like; it is given what was asked."""

        first = operation not in self._replies
        self._replies[operation] = reply
        if not first:
            return

        def keep(params: dict[str, Any], **_: object) -> None:
            self._params[operation] = params

        def answer(**_: object) -> tuple[SimpleNamespace, dict[str, Any]] | None:
            said = self._replies[operation](self._params[operation])
            if said is None:
                return None
            status, body = said if isinstance(said, tuple) else (200, said)
            return SimpleNamespace(status_code=status, headers={}), {"ResponseMetadata": {}, **body}

        self.session.register_first(f"before-parameter-build.{operation}", keep)
        self.session.register_first(f"before-call.{operation}", answer)

    def denies(self, operation: str) -> None:
        """Refuse an operation as IAM does."""
        service, _, name = operation.partition(".")
        action = f"{ {'cloudwatch-logs': 'logs'}.get(service, service) }:{name}"
        message = f"User: {self.site.caller.arn} is not authorized to perform: {action} on resource: *"
        self.replies(operation, lambda _: refuse("AccessDeniedException", message))

    def _deploy(self) -> None:
        logs, sns = self.session.client("logs"), self.session.client("sns")
        logs.create_log_group(logGroupName=self.names.log_group)
        logs.put_retention_policy(logGroupName=self.names.log_group, retentionInDays=self.spec.logs.retention_days)
        logs.create_log_stream(logGroupName=self.names.log_group, logStreamName="s")
        sns.create_topic(Name=self.names.topic)
        sns.subscribe(TopicArn=self.topic, Protocol="email", Endpoint="someone@example.com")
        for alarm in self.spec.alarms:
            self.put_alarm(**alarm_properties(self.spec, alarm, actions=[self.topic]))
        self._deploy_stack()
        self.replies("lambda.GetFunctionConfiguration", self._function)
        self.replies("iam.SimulatePrincipalPolicy", _allowed)
        self.session.register_first("after-call.sts.GetCallerIdentity", self._is_alice)
        self.replies("cloudwatch.DescribeAlarmHistory", self._history)
        self.replies("cloudwatch.SetAlarmState", self._state_set)
        self.replies("chatbot.DescribeSlackWorkspaces", lambda _: {"SlackWorkspaces": [_workspace()]})
        self.replies("chatbot.DescribeSlackChannelConfigurations", self._channels)

    def put_alarm(self, **properties: Any) -> None:
        self.session.client("cloudwatch").put_metric_alarm(**properties)

    def put_health_alarm(self) -> None:
        """moto has no composite alarms, so this one is told beside what it has."""
        health = {"StateValue": "OK", "AlarmActions": [], "ActionsEnabled": True, **health_properties(self.spec)}

        def tell(parsed: dict[str, Any], **_: object) -> None:
            parsed["CompositeAlarms"] = [health]

        self.session.register_first("after-call.cloudwatch.DescribeAlarms", tell)

    def put_metric_filters(self, pattern: str | None = None) -> None:
        logs = self.session.client("logs")
        if pattern is None:
            logs.create_log_group(logGroupName=self.names.access_log_group)
        for one in metric_filters(self.spec):
            transformation = {
                "metricName": one.metric,
                "metricNamespace": one.namespace,
                "metricValue": one.value,
                "unit": one.unit,
            }
            logs.put_metric_filter(
                logGroupName=one.log_group,
                filterName=one.name,
                filterPattern=pattern or one.pattern,
                metricTransformations=[transformation],
            )

    def _function(self, _: dict[str, Any]) -> dict[str, Any]:
        return {
            "FunctionName": self.names.function,
            "Role": f"arn:aws:iam::{ACCOUNT}:role/model",
            "LoggingConfig": {name: self.function[name] for name in ("LogGroup", "LogFormat")},
            "Environment": {"Variables": self.function.get("Variables", {})},
        }

    def _deploy_stack(self) -> None:
        topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "made-by-the-stack"}}
        outputs = {"Url": {"Value": URL}, "ApiKeyId": {"Value": "k1"}}
        body = orjson.dumps({"Resources": {"Topic": topic}, "Outputs": outputs}).decode()
        self.session.client("cloudformation").create_stack(StackName=self.names.stack, TemplateBody=body)

    def send(self, request: Any) -> SimpleNamespace:
        """The API and the function behind it: a stand-in for the HTTP session that posts to them."""
        self.requests.append(request)
        self.clock.now += 40
        if self.refusal is not None:
            return SimpleNamespace(
                status_code=self.refusal.status, headers=self.refusal.headers, content=self.refusal.body
            )
        said = self.infer(request.body)
        return SimpleNamespace(status_code=said["statusCode"], headers=said["headers"], content=said["body"].encode())

    def infer(self, body: bytes) -> dict[str, Any]:
        """One invocation: the answer, and what it leaves in log and metrics when their time has come."""
        sink, request_id = MemorySink(), str(uuid4())
        compiled = self.spec.compile()
        service = Service(compiled, lambda _: {"prediction": "rest", "confidence": 0.9}, Monitor(compiled, sink))
        event = {"httpMethod": "POST", "path": "/predict", "body": body.decode()}
        said = service.answer(event, lambda function, argument: function(argument), request_id)
        (line,) = map(self.line, sink.lines)
        report = {"requestId": request_id, "status": "success", "metrics": {"maxMemoryUsedMB": 97, "durationMs": 3.0}}
        self.clock.after(self.lag_s, lambda: self.logged(line))
        self.clock.after(self.lag_s, lambda: self.logged(orjson.dumps({"type": "platform.report", "record": report})))
        if self.metrics_lag_s is not None:
            self.clock.after(self.lag_s + self.metrics_lag_s, lambda: self.extracted(line))
        return said

    def logged(self, line: bytes, at_ms: int | None = None) -> None:
        events = [{"timestamp": at_ms or self.clock.now, "message": line.decode().rstrip("\n")}]
        self.session.client("logs").put_log_events(
            logGroupName=self.names.log_group, logStreamName="s", logEvents=events
        )

    def extracted(self, line: bytes) -> None:
        """What CloudWatch does with embedded metrics, by the store's own reading of them."""
        cloudwatch = self.session.client("cloudwatch")
        for sample in emf.extract(orjson.loads(line)).samples:
            dimensions = [{"Name": name, "Value": value} for name, value in sample.series.dimensions]
            datum = {"MetricName": sample.series.metric, "Dimensions": dimensions, "Value": sample.values[0]}
            cloudwatch.put_metric_data(Namespace=sample.series.namespace, MetricData=[datum])

    def _state_set(self, asked: dict[str, Any]) -> None:
        self.states_set.append(asked["StateValue"])

    def _history(self, asked: dict[str, Any]) -> dict[str, Any]:
        if self.publishes is None or "ALARM" not in self.states_set:
            return {"AlarmHistoryItems": []}
        did = "Successfully executed" if self.publishes == "Succeeded" else "Failed to execute"
        data = {"actionState": self.publishes, "notificationResource": self.topic, "error": self.publish_error}
        item = {"HistorySummary": f"{did} action {self.topic}", "HistoryData": orjson.dumps(data).decode()}
        return {"AlarmHistoryItems": [{"AlarmName": asked["AlarmName"], "HistoryItemType": "Action", **item}]}

    def _is_alice(self, parsed: dict[str, Any], **_: object) -> None:
        parsed["Arn"] = self.site.caller.arn

    def _channels(self, _: dict[str, Any]) -> dict[str, Any]:
        channel = {"SlackTeamId": WORKSPACE, "SlackChannelId": CHANNEL, "SnsTopicArns": [self.topic]}
        named = {"ConfigurationName": "sleep-slack", "SlackTeamName": "abc_corp", "SlackChannelName": "models"}
        return {"SlackChannelConfigurations": [{**channel, **named}]}


def _allowed(asked: dict[str, Any]) -> dict[str, Any]:
    return {"EvaluationResults": [{"EvalActionName": one, "EvalDecision": "allowed"} for one in asked["ActionNames"]]}


def _workspace() -> dict[str, str]:
    return {"SlackTeamId": WORKSPACE, "SlackTeamName": "abc_corp", "State": "ENABLED"}


@contextmanager
def account() -> Iterator[None]:
    """moto in the place of AWS, with credentials that are good for nothing else."""
    with mock_aws():
        yield
