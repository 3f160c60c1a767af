from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import orjson
import pytest
from local_bench import MakePool, asking, events, exists, lines, records, run, running, streams, until, wall_ms

from inferwatch.errors import HandlerError, RuntimeStartError
from inferwatch.local import environment as environments
from inferwatch.local.invocation import EVENT_MAX, Invocation, Refused, Throttled, TooLarge
from inferwatch.local.pool import Pool


def body(invocation: Invocation) -> dict[str, Any]:
    """The JSON body that the handler answered with."""
    assert invocation.status == "success", invocation
    parsed: dict[str, Any] = orjson.loads(orjson.loads(invocation.payload)["body"])
    return parsed


async def invoke_all(pool: Pool, *asked: str) -> list[Invocation]:
    """One after the other, on a pool that is started and stopped."""
    async with running(pool):
        return [await pool.invoke(asking(what)) for what in asked]


def test_an_answer_a_record_and_a_report(make_pool: MakePool, data: Path) -> None:
    first, second = run(invoke_all(make_pool(), "answer", "answer"))
    (stream,) = streams(data)
    assert body(first)["prediction"] == body(second)["prediction"]
    assert [r["request_id"] for r in records(stream)] == [first.request_id, second.request_id]
    assert [r["cold_start"] for r in records(stream)] == [True, False]
    kinds = [line.get("type") for line in lines(stream)]
    assert kinds == [
        "platform.initStart",
        "platform.initReport",
        *["platform.start", "inference_transaction", "platform.report"] * 2,
        "platform.streamEnd",
    ]
    assert all(list(line) == ["time", "type", "record"] for line in lines(stream) if "record" in line)


def test_the_lines_of_the_platform_say_what_lambdas_say(make_pool: MakePool, data: Path) -> None:
    run(invoke_all(make_pool(), "answer", "answer"))
    (stream,) = streams(data)
    (init_start,), (init_report,) = events(stream, "initStart"), events(stream, "initReport")
    assert (init_start["functionName"], init_start["functionVersion"]) == ("odd", "7")
    assert init_start["inferwatch"]["log_group"] == "/demo/odd"
    assert init_report["status"] == "success"
    first, second = (report["metrics"] for report in events(stream, "report"))
    assert first["initDurationMs"] == init_report["metrics"]["durationMs"] > 0
    assert first["billedDurationMs"] >= first["durationMs"] + first["initDurationMs"]
    assert first["billedDurationMs"] < first["durationMs"] + first["initDurationMs"] + 1
    assert first["memorySizeMB"] == 512
    assert 5 < first["maxMemoryUsedMB"] < 500
    assert "initDurationMs" not in second
    assert second["billedDurationMs"] < second["durationMs"] + 1


def test_the_memory_mark_is_of_the_whole_process_and_never_falls(make_pool: MakePool, data: Path) -> None:
    run(invoke_all(make_pool(), "answer", "grow", "answer"))
    (stream,) = streams(data)
    before, grown, after = (report["metrics"]["maxMemoryUsedMB"] for report in events(stream, "report"))
    assert grown > before + 60
    assert after == grown


def test_rejected_and_failed_are_answers_of_the_handler(make_pool: MakePool, data: Path) -> None:
    failed, rejected = run(invoke_all(make_pool(), "fail", ""))
    assert orjson.loads(failed.payload)["statusCode"] == 500
    assert orjson.loads(rejected.payload)["statusCode"] == 500
    (stream,) = streams(data)
    assert [r["error"]["type"] for r in records(stream)] == ["RuntimeError", "KeyError"]


def test_python_code_that_takes_too_long_ends_softly(make_pool: MakePool, data: Path) -> None:
    slow, after = run(invoke_all(make_pool(timeout=2.0), "sleep", "answer"))
    assert orjson.loads(slow.payload)["statusCode"] == 504
    assert body(after)["prediction"]
    (stream,) = streams(data)
    assert [r["status"] for r in records(stream)] == ["timeout", "succeeded"]


def test_what_cannot_be_interrupted_is_killed_at_the_deadline(make_pool: MakePool, data: Path) -> None:
    stuck, after = run(invoke_all(make_pool(timeout=0.5), "block", "answer"))
    assert stuck.status == "timeout"
    assert body(after)["prediction"]
    killed, _ = streams(data)
    (report,) = events(killed, "report")
    assert report["requestId"] == stuck.request_id
    assert (report["status"], report["errorType"]) == ("timeout", "Sandbox.Timedout")
    assert 500 <= report["metrics"]["durationMs"] < 2500
    assert report["metrics"]["maxMemoryUsedMB"] > 5
    assert records(killed) == []
    assert lines(killed)[-1]["type"] == "platform.streamEnd"


@pytest.mark.parametrize(("what", "how"), [("leave", "exit status 3"), ("crash", "SIGSEGV")])
def test_a_process_that_ends_is_a_failure_and_the_next_call_has_a_new_one(
    make_pool: MakePool, data: Path, what: str, how: str
) -> None:
    before, ended, after = run(invoke_all(make_pool(), "answer", what, "answer"))
    assert ended.status == "failure"
    assert how in ended.failure.message
    assert body(before)["prediction"] != body(after)["prediction"]
    dead, alive = streams(data)
    assert events(dead, "report")[1]["errorType"] == "Runtime.ExitError"
    assert events(dead, "report")[1]["requestId"] == ended.request_id
    assert len(records(dead)) == len(records(alive)) == 1


def test_text_of_the_model_is_kept_and_glues_no_platform_line(make_pool: MakePool, data: Path) -> None:
    run(invoke_all(make_pool(), "chatter", "half_line", "half_line_and_leave"))
    (stream,) = streams(data)
    text = [line for line in lines(stream) if isinstance(line, str)]
    assert text[:2] == ["to stdout", "to stderr"]
    assert text[2].startswith('half a line{"_aws"')
    assert text[3] == "half a line"
    assert len(events(stream, "report")) == 3


def test_beyond_the_concurrency_calls_are_refused_at_once(make_pool: MakePool, data: Path) -> None:
    async def both() -> tuple[Invocation, Invocation]:
        async with running(make_pool(concurrency=1)) as pool:
            napping = asyncio.create_task(pool.invoke(asking("nap")))
            await asyncio.sleep(0)
            with pytest.raises(Throttled, match="all 1 environments are busy"):
                await pool.invoke(asking("answer"))
            assert pool.state().busy == 1
            return await napping, await pool.invoke(asking("answer"))

    napped, answered = run(both())
    assert napped.status == answered.status == "success"
    (stream,) = streams(data)
    assert len(records(stream)) == 2


def test_a_burst_starts_environments_up_to_the_limit_and_loses_none(make_pool: MakePool, data: Path) -> None:
    async def burst() -> list[Invocation | BaseException]:
        async with running(make_pool(concurrency=3)) as pool:
            first = await asyncio.gather(*(pool.invoke(asking("nap")) for _ in range(12)), return_exceptions=True)
            assert pool.state().environments == 3
            return first

    outcomes = run(burst())
    done = [o for o in outcomes if isinstance(o, Invocation)]
    assert len(done) == 3
    assert all(isinstance(o, Throttled) for o in outcomes if o not in done)
    written = [r["request_id"] for stream in streams(data) for r in records(stream)]
    assert sorted(written) == sorted(o.request_id for o in done)


def test_a_caller_that_goes_away_does_not_take_the_report_with_it(make_pool: MakePool, data: Path) -> None:
    async def leave() -> None:
        async with running(make_pool()) as pool:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(pool.invoke(asking("nap")), 0.05)
            assert body(await pool.invoke(asking("answer")))["prediction"]

    run(leave())
    assert sum(len(events(stream, "report")) for stream in streams(data)) == 2


def test_stop_ends_what_runs_and_reports_it(make_pool: MakePool, data: Path) -> None:
    async def interrupted() -> Invocation:
        pool = make_pool()
        await pool.start()
        asleep = asyncio.create_task(pool.invoke(asking("sleep")))
        await asyncio.to_thread(until, lambda: bool(events(streams(data)[0], "start")))
        await pool.stop()
        with pytest.raises(Refused, match="shutting down"):
            await pool.invoke(asking("answer"))
        return await asleep

    assert run(interrupted()).status == "failure"
    (stream,) = streams(data)
    assert len(events(stream, "report")) == len(events(stream, "start")) == 1


def test_what_a_worker_started_dies_with_it(make_pool: MakePool) -> None:
    async def grandchild() -> int:
        async with running(make_pool()) as pool:
            pid: int = body(await pool.invoke(asking("child")))["prediction"]
            assert exists(pid)
            return pid

    pid = run(grandchild())
    until(lambda: not exists(pid))  # it was killed, but the kernel takes its time on a busy machine


def test_the_environment_is_lambdas(make_pool: MakePool, model: Path, data: Path) -> None:
    variables, paths = run(invoke_all(make_pool(), "variables", "paths"))
    seen = body(variables)["prediction"]
    stream = seen["AWS_LAMBDA_LOG_STREAM_NAME"]
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == "odd"
    assert seen["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "512"
    assert seen["AWS_LAMBDA_LOG_GROUP_NAME"] == "/demo/odd"
    assert seen["LAMBDA_TASK_ROOT"] == str(model)
    assert seen["_X_AMZN_TRACE_ID"].startswith("Root=1-")
    assert seen["TZ"] == "UTC"
    assert body(paths)["prediction"] == [str(model), True]
    (file,) = streams(data)
    assert file.name == stream.replace("/", "%2F").replace("[", "%5B").replace("]", "%5D") + ".jsonl"
    assert records(file)[0]["server_id"] == stream


def test_a_large_answer_comes_through(make_pool: MakePool) -> None:
    (large,) = run(invoke_all(make_pool(), "large"))
    assert len(body(large)["prediction"]) == 2_000_000


def test_an_answer_beyond_lambdas_limit_is_refused_by_the_handler_and_recorded_so(
    make_pool: MakePool, data: Path
) -> None:
    huge, after = run(invoke_all(make_pool(), "huge", "answer"))
    assert orjson.loads(huge.payload)["statusCode"] == 500
    assert after.status == "success"
    assert [record["status"] for record in records(streams(data)[0])] == ["failed", "succeeded"]


def test_an_event_beyond_lambdas_limit_is_refused(make_pool: MakePool) -> None:
    async def send() -> None:
        async with running(make_pool()) as pool:
            with pytest.raises(TooLarge):
                await pool.invoke({"body": "x" * EVENT_MAX})

    run(send())


@pytest.mark.parametrize(
    ("app", "message"),
    [
        ("import nowhere\n", "app:predict does not import: app.py, line 1: ModuleNotFoundError"),
        ("def predit(f):\n    pass\n", "did you mean 'predit'?"),
    ],
)
def test_a_handler_that_does_not_load_fails_the_start_with_one_message(
    make_pool: MakePool, model: Path, data: Path, app: str, message: str
) -> None:
    (model / "app.py").write_text(app)
    with pytest.raises(HandlerError) as caught:
        run(make_pool().start())
    assert message in str(caught.value)
    (stream,) = streams(data)
    assert events(stream, "initReport")[0]["errorType"] == "HandlerError"
    assert lines(stream)[-1]["type"] == "platform.streamEnd"


def test_a_process_that_ends_while_it_loads_fails_the_start(make_pool: MakePool, model: Path) -> None:
    (model / "app.py").write_text("import os\nos._exit(4)\n")
    with pytest.raises(RuntimeStartError, match=r"does not start: Runtime\.ExitError: .* exit status 4"):
        run(make_pool().start())


def test_a_function_that_is_never_ready_fails_the_start(
    make_pool: MakePool, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environments, "INIT_SECONDS", 0.5)
    (model / "app.py").write_text("import time\ntime.sleep(60)\n")
    with pytest.raises(RuntimeStartError, match=r"InitTimeout: the function was not ready after 0\.5 s"):
        run(make_pool().start())


def test_a_data_folder_that_cannot_be_written_is_said(make_pool: MakePool, data: Path) -> None:
    data.write_text("a file where a folder should be")
    with pytest.raises(RuntimeStartError, match=r"data.* cannot be written: .*; choose another data folder"):
        run(make_pool().start())


def test_a_start_that_fails_later_is_reported_and_the_next_ones_wait(
    make_pool: MakePool, model: Path, data: Path
) -> None:
    async def break_and_mend() -> list[Invocation]:
        async with running(make_pool()) as pool:
            await pool.invoke(asking("leave"))
            (model / "app.py").rename(model / "away.py")
            broken = await pool.invoke(asking("answer"))
            assert "HandlerError" in str(pool.state().problem)
            (model / "away.py").rename(model / "app.py")
            began = asyncio.get_running_loop().time()
            mended = await pool.invoke(asking("answer"))
            assert asyncio.get_running_loop().time() - began > 0.1
            assert pool.state().problem is None
            return [broken, mended]

    broken, mended = run(break_and_mend())
    assert (broken.status, mended.status) == ("failure", "success")
    failed = streams(data)[1]
    (report,) = events(failed, "report")
    assert (report["requestId"], report["errorType"]) == (broken.request_id, "HandlerError")
    assert report["metrics"]["initDurationMs"] > 0


def test_an_environment_that_cannot_be_started_is_a_refusal_until_it_can(make_pool: MakePool, data: Path) -> None:
    async def refuse_and_recover() -> Invocation:
        async with running(make_pool()) as pool:
            await pool.invoke(asking("leave"))
            (data / "logs").rename(data / "away")
            (data / "logs").write_text("a file where a folder should be")
            with pytest.raises(Refused, match=r"no environment can be started: .*logs") as caught:
                await pool.invoke(asking("answer"))
            assert caught.value.status == 503
            assert pool.state().problem == caught.value.message
            (data / "logs").unlink()
            (data / "away").rename(data / "logs")
            return await pool.invoke(asking("answer"))

    assert run(refuse_and_recover()).status == "success"


def test_environments_with_old_or_large_streams_are_replaced(
    make_pool: MakePool, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = [0]

    async def grow_old() -> list[int]:
        async with running(make_pool(now_ms=lambda: wall_ms() + ahead[0])) as pool:
            pids = [body(await pool.invoke(asking("answer")))["prediction"]]
            ahead[0] = environments.STREAM_AGE_MAX_MS + 1
            pool.recycle(wall_ms() + ahead[0])
            assert pool.state().environments == 0
            pids.append(body(await pool.invoke(asking("answer")))["prediction"])
            monkeypatch.setattr(environments, "STREAM_BYTES_MAX", 10)
            pids.append(body(await pool.invoke(asking("answer")))["prediction"])
            pids.append(body(await pool.invoke(asking("answer")))["prediction"])
            return pids

    first, second, third, fourth = run(grow_old())
    assert second == third
    assert len({first, second, fourth}) == 3
    assert len(streams(data)) == 3
    assert all(lines(stream)[-1]["type"] == "platform.streamEnd" for stream in streams(data))


def test_a_pool_that_is_stopped_while_it_starts_leaves_nothing_and_says_nothing(
    make_pool: MakePool, data: Path
) -> None:
    async def start_and_stop(turns: int) -> None:
        pool = make_pool()
        starting = asyncio.create_task(pool.start())
        for _ in range(turns):
            await asyncio.sleep(0)
        await pool.stop()
        await starting
        assert pool.state().environments == 0

    for turns in range(6):
        run(start_and_stop(turns))
    assert all(lines(stream)[-1]["type"] == "platform.streamEnd" for stream in streams(data))
