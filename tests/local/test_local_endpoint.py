"""The endpoint of one machine: real processes, asked by boto3."""

from __future__ import annotations

import asyncio
import errno
import importlib.util
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from endpoint_bench import APP, ENDPOINT, ask, come, lines_of, make_model, running
from local_bench import exists, run, until, wall_ms

from inferwatch.errors import MissingExtraError, RuntimeStartError, SpecError
from inferwatch.local.endpoint import runtime
from inferwatch.local.endpoint.endpoint import LocalEndpoint
from inferwatch.local.metric_stream import MetricStream
from inferwatch.local.pool import Pool
from inferwatch.serving.event import http_event
from inferwatch.spec import load_spec
from inferwatch.store import Store

GROUP = f"/aws/sagemaker/Endpoints/{ENDPOINT}"


@pytest.fixture
def houses(tmp_path: Path) -> Path:
    return make_model(tmp_path / "houses")


def refused(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, int, int | None]:
    """Code, status of SageMaker, status of the container."""
    said: dict[str, Any] = dict(error.value.response)
    return said["Error"]["Code"], said["ResponseMetadata"]["HTTPStatusCode"], said.get("OriginalStatusCode")


def embedded(data: Path) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in lines_of(data, "/demo/houses")]
    return [line for line in lines if line.get("type") == "endpoint_metrics"]


def test_one_inference_of_the_function_leaves_one_record_and_a_line_of_the_endpoint(houses: Path, data: Path) -> None:
    async def work() -> Any:
        async with running(houses, data) as endpoint:
            pool = Pool(load_spec(houses), data, now_ms=wall_ms, environ={**os.environ, **endpoint.variables()})
            await pool.start()
            event = http_event("POST", "/predict", [], b'{"rooms": 4}', now_ms=0)
            invocation = await pool.invoke(event)
            await pool.stop()
            return json.loads(json.loads(invocation.payload)["body"])

    answer = run(work())
    assert answer["prediction"] == 40
    (line,) = (json.loads(text) for text in lines_of(data, GROUP) if "endpoint_invocation" in text)
    records = [json.loads(text) for text in lines_of(data, "/demo/houses") if "inference_transaction" in text]
    assert [record["transaction_id"] for record in records] == [line["transaction_id"]] == [answer["transaction_id"]]
    assert "loading" in lines_of(data, GROUP)
    with Store.open(data, writer=True) as store:
        taken = store.ingest(wall_ms())
        assert (taken.records, taken.duplicates, taken.skipped_metrics) == (1, 0, 0)


def test_a_full_disk_fails_no_invocation_for_want_of_its_metrics(
    houses: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    async def work() -> list[str | None]:
        async with running(houses, data) as endpoint:
            with monkeypatch.context() as patch:
                patch.setattr(MetricStream, "write", full)
                said = await ask(endpoint, b'{"rooms": 1}')
            assert json.loads(said["Body"])["prediction"] == 10
            problems = [endpoint.problem()]
            await ask(endpoint, b'{"rooms": 1}')
            return [*problems, endpoint.problem()]

    assert run(work()) == ["its metrics cannot be written: No space left on device", None]
    assert len(embedded(data)) == 1


def test_what_sagemaker_measures_is_written_as_metrics_of_the_model(houses: Path, data: Path) -> None:
    async def work() -> None:
        async with running(houses, data) as endpoint:
            await ask(endpoint, b'{"rooms": 1}')
            with pytest.raises(ClientError):
                await ask(endpoint, b'{"rooms": -1}')

    run(work())
    good, bad = embedded(data)
    (directive,) = good["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("demo", [["model_name", "environment"]])
    assert {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]} == {
        "ModelLatency": "Microseconds",
        "OverheadLatency": "Microseconds",
        "InvocationModelErrors": "Count",
    }
    assert (good["InvocationModelErrors"], bad["InvocationModelErrors"]) == (0, 1)
    assert 0 < good["ModelLatency"] < 20_000_000
    assert 0 <= good["OverheadLatency"] < 20_000_000


def test_the_api_answers_as_sagemaker_does(houses: Path, data: Path) -> None:
    async def work() -> None:
        async with running(houses, data) as endpoint:
            said = await ask(endpoint, b'{"rooms": 2}')
            assert json.loads(said["Body"])["prediction"] == 20
            assert (said["ContentType"], said["InvokedProductionVariant"]) == ("application/json", "AllTraffic")

            with pytest.raises(ClientError) as unknown:
                await ask(endpoint, b"{}", EndpointName="other")
            assert refused(unknown) == ("ValidationError", 400, None)
            assert "Endpoint other of account 000000000000 not found." in str(unknown.value)

            with pytest.raises(ClientError) as bad:
                await ask(endpoint, b'{"rooms": "x"}')
            assert refused(bad) == ("ModelError", 424, 400)
            assert json.loads(bad.value.response["OriginalMessage"])["error"]["type"] == "InvalidFeatures"

            with pytest.raises(ClientError) as broken:
                await ask(endpoint, b'{"rooms": -1}')
            assert refused(broken) == ("ModelError", 424, 500)

            with pytest.raises(ClientError) as large:
                await ask(endpoint, b" " * (4 * 1024 * 1024 + 1))
            assert refused(large) == ("ValidationError", 400, None)

    run(work())


def test_only_what_sagemaker_hands_on_reaches_the_container(houses: Path, data: Path) -> None:
    async def work() -> None:
        async with running(houses, data) as endpoint:
            await ask(endpoint, b'{"rooms": 2}', InferenceId="some-id")
            attributes = "inferwatch-transaction-id=0199-7"
            await ask(endpoint, b"2\n", ContentType="text/csv", CustomAttributes=attributes)

    run(work())
    direct, asked = (json.loads(line) for line in lines_of(data, GROUP) if '"status"' in line)
    assert (direct["type"], asked["type"]) == ("inference_transaction", "endpoint_invocation")
    assert direct["transaction_id"] != "some-id"
    assert asked["transaction_id"] == "0199-7"


def test_a_serverless_endpoint_takes_so_many_at_once_and_throttles_the_rest(tmp_path: Path, data: Path) -> None:
    model = make_model(tmp_path / "houses", "max_concurrency = 1")

    async def work() -> None:
        async with running(model, data) as endpoint:
            slow = asyncio.create_task(ask(endpoint, b'{"rooms": -3}'))
            await come((model / "asleep").exists)
            with pytest.raises(ClientError) as throttled:
                await ask(endpoint, b'{"rooms": 1}')
            assert refused(throttled)[0] == "ThrottlingException"
            (model / "wake").touch()
            assert json.loads((await slow)["Body"])["prediction"] == -30

    run(work())


def test_sagemakers_own_limit_of_time(houses: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "INVOCATION_SECONDS", 0.3)

    async def work() -> None:
        async with running(houses, data) as endpoint:
            with pytest.raises(ClientError) as late:
                await ask(endpoint, b'{"rooms": -3}')
            assert refused(late) == ("ModelError", 424, 0)
            assert "timed out" in str(late.value)

    run(work())


def test_kill_9_of_the_container_costs_the_requests_under_way_and_no_other(houses: Path, data: Path) -> None:
    async def work() -> None:
        async with running(houses, data) as endpoint:
            first = json.loads((await ask(endpoint, b'{"rooms": 1}'))["Body"])["pid"]
            slow = asyncio.create_task(ask(endpoint, b'{"rooms": -3}'))
            await come((houses / "asleep").exists)
            os.kill(first, signal.SIGKILL)
            with pytest.raises(ClientError) as died:
                await slow
            assert refused(died) == ("ModelError", 424, 0)
            await come(lambda: not exists(first))
            second = json.loads((await ask(endpoint, b'{"rooms": 1}'))["Body"])
            assert (second["prediction"], second["pid"] == first) == (10, False)
            assert endpoint.problem() is None

    run(work())
    streams = list((data / "logs" / GROUP.strip("/") / "@streams").glob("AllTraffic%2F*.jsonl"))
    assert len(streams) == 2
    assert all("platform.streamEnd" in stream.read_text().splitlines()[-1] for stream in streams)


def test_a_request_that_ends_the_container_is_that_requests_trouble(houses: Path, data: Path) -> None:
    async def work() -> None:
        async with running(houses, data) as endpoint:
            for _ in range(2):
                with pytest.raises(ClientError):
                    await ask(endpoint, b'{"rooms": -2}')
                assert json.loads((await ask(endpoint, b'{"rooms": 3}'))["Body"])["prediction"] == 30

    run(work())


def test_a_model_that_no_longer_loads_is_said_and_tried_again(houses: Path, data: Path) -> None:
    async def work() -> None:
        async with running(houses, data) as endpoint:
            (houses / "houses_app.py").write_text("import nowhere_to_be_found\n")
            with pytest.raises(ClientError):
                await ask(endpoint, b'{"rooms": -2}')
            await come(lambda: endpoint.problem() is not None)
            assert "No module named 'nowhere_to_be_found'" in str(endpoint.problem())
            with pytest.raises(ClientError, match="nowhere_to_be_found"):
                await ask(endpoint, b'{"rooms": 1}')
            (houses / "houses_app.py").write_text(APP)
            await come(lambda: endpoint.problem() is None)
            assert json.loads((await ask(endpoint, b'{"rooms": 1}'))["Body"])["prediction"] == 10

    run(work())


def test_a_model_that_does_not_load_is_said_at_the_start(tmp_path: Path, data: Path) -> None:
    model = make_model(tmp_path / "houses", app="import nowhere_to_be_found\n")

    async def work() -> None:
        async with running(model, data):
            raise AssertionError("it started")

    with pytest.raises(
        RuntimeStartError, match=r"does not start: houses_app:predict does not import: houses_app\.py, line 1"
    ):
        run(work())


def test_a_full_stream_makes_room_for_another(houses: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from inferwatch.local import metric_stream
    from inferwatch.local.endpoint import container

    monkeypatch.setattr(container, "STREAM_BYTES_MAX", 10)
    monkeypatch.setattr(metric_stream, "STREAM_BYTES_MAX", 10)

    async def work() -> list[int]:
        async with running(houses, data) as endpoint:
            return [json.loads((await ask(endpoint, b'{"rooms": 1}'))["Body"])["pid"] for _ in range(2)]

    first, second = run(work())
    assert first != second
    assert len(list((data / "logs" / "demo" / "houses" / "@streams").glob("endpoint%2F*.jsonl"))) == 2


def test_the_container_dies_with_its_parent(houses: Path, data: Path) -> None:
    script = Path(__file__).with_name("endpoint_server.py")
    with subprocess.Popen([sys.executable, script, houses, data], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            container = json.loads(server.stdout.readline())["pid"]
        finally:
            server.kill()
    until(lambda: not exists(container))


def made(model: Path, data: Path, environ: dict[str, str]) -> LocalEndpoint:
    return LocalEndpoint(load_spec(model), data, environ, now_ms=wall_ms)


def test_the_function_asks_this_machine_whatever_the_user_has_set(houses: Path, data: Path, tmp_path: Path) -> None:
    async def work() -> dict[str, str]:
        endpoint = made(houses, data, {"HOME": str(tmp_path), "AWS_REGION": "eu-central-1", "NO_PROXY": "intern"})
        variables = endpoint.variables()
        await endpoint.stop()
        return variables

    variables = run(work())
    assert variables["AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME"].startswith("http://127.0.0.1:")
    assert variables["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] == "false"
    assert variables["INFERWATCH_ENDPOINT"] == ENDPOINT
    assert (variables["AWS_REGION"], variables["AWS_DEFAULT_REGION"]) == ("eu-central-1", "eu-central-1")
    assert variables["NO_PROXY"] == "intern,127.0.0.1"
    assert variables["AWS_ACCESS_KEY_ID"] == "local"


def test_the_users_own_credentials_stay(houses: Path, data: Path, tmp_path: Path) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text("[default]\n")

    async def work() -> None:
        for environ in ({"AWS_PROFILE": "mine", "HOME": "/nowhere"}, {"HOME": str(tmp_path)}):
            endpoint = made(houses, data, environ)
            assert "AWS_ACCESS_KEY_ID" not in endpoint.variables()
            await endpoint.stop()

    run(work())


def test_without_predict_there_is_nothing_to_serve_here(tmp_path: Path, data: Path) -> None:
    model = make_model(tmp_path / "houses", 'endpoint = "quotes-of-old"')
    spec = (model / "inferwatch.toml").read_text().replace('predict = "houses_app:predict"\n', "")
    (model / "inferwatch.toml").write_text(spec)

    with pytest.raises(SpecError, match=r"model\.predict: is missing: what shall the endpoint's container serve"):
        made(model, data, {})


def test_without_boto3_the_extra_is_named(houses: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "boto3" else found(name))
    with pytest.raises(MissingExtraError, match=r"pip install 'inferwatch\[aws\]'"):
        made(houses, data, {})


def test_a_web_page_may_not_ask(houses: Path, data: Path) -> None:
    import httpx

    async def work() -> int:
        async with running(houses, data) as endpoint:
            url = f"{endpoint.variables()['AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME']}/endpoints/{ENDPOINT}/invocations"
            async with httpx.AsyncClient() as client:
                return (await client.post(url, content=b"{}", headers={"Origin": "https://a.example"})).status_code

    assert run(work()) == 403
