"""What InferWatch adds to a function's cold start, beside what else one would use; and how large it makes it.

    uv run --group bench --all-extras python benchmarks/cold_start.py [--rounds 31] [--json]

Every figure is a process of its own, in which Lambda's runtime client has loaded what it always loads. The clock runs
from there until the contestant is ready for its first invocation. Rounds are interleaved, and of each contestant the
fastest and the median of its rounds are told: the fastest is nearest to what it costs where nobody else is busy. The
first round warms the file system and is not counted.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

import orjson
import uv

from inferwatch.cdk.package import slim, wheel, zip_package
from inferwatch.spec import load_spec
from inferwatch.spec.function import FunctionSpec

SPEC = """
[model]
namespace = "/abc_corp/claim"
name = "doc_classification"
predict = "app:predict"
confidence_scale = 1

[features]
pages = "integer"

[[metric]]
name = "Pages"
field = "request.pages"
"""
APP = "def predict(features):\n    return {'prediction': 'invoice', 'confidence': 0.9}\n"

# Beside a folder with a compiled spec: a contestant, and what it runs.
CONTESTANTS = {
    "orjson alone": "import orjson",
    "inferwatch.sdk: Monitor, ready to record": "from inferwatch.sdk import Monitor; Monitor.from_environ()",
    "inferwatch handler: predict loaded, ready": "from inferwatch.serving import aws_lambda; aws_lambda.handler",
    "the same beside numpy": "import numpy; START()\nfrom inferwatch.serving import aws_lambda; aws_lambda.handler",
    "the same with inferwatch.toml not compiled": (
        "import os; os.remove('inferwatch.compiled.json')\n"
        "START()\nfrom inferwatch.serving import aws_lambda; aws_lambda.handler"
    ),
    "aws-lambda-powertools Logger + Metrics": (
        "from aws_lambda_powertools import Logger, Metrics\n"
        "Logger(service='claim'); Metrics(namespace='abc_corp', service='claim')"
    ),
    "aws-embedded-metrics": (
        "from aws_embedded_metrics.logger.metrics_logger_factory import create_metrics_logger; create_metrics_logger()"
    ),
    "boto3.client('cloudwatch')": (
        "import boto3; boto3.client('cloudwatch', region_name='eu-central-1', aws_access_key_id='a',"
        " aws_secret_access_key='b')"
    ),
}
PEERS = ("aws-lambda-powertools", "aws-embedded-metrics", "boto3", "awslambdaric", "numpy")
RUN = """
import sys, time
sys.path[:0] = ["", {packages!r}]
import awslambdaric.bootstrap
begin = 0
def START():
    global begin
    begin = time.perf_counter_ns()
START()
{contestant}
print((time.perf_counter_ns() - begin) / 1e6)
"""


def install(target: Path) -> None:
    """Everything into one folder, with bytecode, as it is in a function: nothing of this checkout is loaded."""
    with tempfile.TemporaryDirectory() as built:
        wanted = [str(wheel.write(Path(built))), *(f"{name}=={metadata.version(name)}" for name in PEERS)]
        command = [uv.find_uv_bin(), "pip", "install", "--quiet", "--compile-bytecode"]
        subprocess.run([*command, "--python", sys.executable, "--target", str(target), *wanted], check=True)


def started(contestant: str, packages: Path) -> float:
    """Milliseconds of one cold start, in a process and a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "app.py").write_text(APP)
        Path(folder, "inferwatch.toml").write_text(SPEC)
        Path(folder, "inferwatch.compiled.json").write_bytes(orjson.dumps(load_spec(folder).compile()))
        program = RUN.format(contestant=contestant, packages=str(packages))
        environ = {"PATH": os.environ["PATH"], "AWS_LAMBDA_FUNCTION_NAME": "f"}
        command = [sys.executable, "-B", "-S", "-c", program]
        done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=True)
    return float(done.stdout.splitlines()[-1])


def measured(rounds: int) -> dict[str, list[float]]:
    """Milliseconds of every round, by contestant."""
    taken: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
    with tempfile.TemporaryDirectory() as packages:
        install(Path(packages))
        for number in range(rounds + 1):
            for name, contestant in CONTESTANTS.items():
                milliseconds = started(contestant, Path(packages))
                if number:
                    taken[name].append(milliseconds)
    return taken


def added() -> dict[str, int]:
    """Bytes of each package that InferWatch brings into a function, as in a zip: slim, unzipped, without bytecode."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "function")
        target.mkdir()
        zip_package.install(FunctionSpec(), [str(wheel.write(Path(folder)))], folder, target)
        slim.slim(target)
        sizes: dict[str, int] = {}
        for file in target.rglob("*"):
            if file.is_file():
                package = file.relative_to(target).parts[0].partition("-")[0]
                sizes[package] = sizes.get(package, 0) + file.stat().st_size
    return sizes


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=31)
    arguments.add_argument("--json", action="store_true")
    options = arguments.parse_args()
    taken, sizes = measured(options.rounds), added()
    figures = {name: (min(values), statistics.median(values)) for name, values in taken.items()}
    if options.json:
        print(json.dumps({"fastest_and_median_ms": figures, "bytes": sizes}))
        return
    for name, (fastest, median) in figures.items():
        print(f"{name:52}{fastest:>9.1f}{median:>9.1f} ms")
    for package, size in (*sizes.items(), ("in all", sum(sizes.values()))):
        print(f"{package:52}{size / 1e6:>9.2f} MB")


if __name__ == "__main__":
    main()
