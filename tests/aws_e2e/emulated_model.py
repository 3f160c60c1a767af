"""The model that the emulators run: pure Python, for the Python that runs the tests, since no other is at hand.

What the number x asks of it: -1 fails, -2 ends the process, -3 takes too long, -4 does so where nothing interrupts it;
every other x is doubled.
"""

from __future__ import annotations

import platform
import sys
from pathlib import Path

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
ARCHITECTURE = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
TIMEOUT = 1

SPEC = f"""
[model]
namespace = "/test/emulated"
name = "doubler"
predict = "app:predict"
confidence_scale = 1
by_version = true
redact = ["request.secret"]

[function]
timeout = {TIMEOUT}
memory = 256
package = "zip"
python = "{PYTHON}"
architecture = "{ARCHITECTURE}"
rollout = "Canary10Percent5Minutes"
reserved_concurrency = 20

[api]
rate_limit = 10
burst_limit = 20
allow_origins = ["https://page.example"]

[logs]
retention_days = 30
customer_key = true

[features]
x = "number"
secret = {{ type = "string", optional = true }}

[[metric]]
name = "Given"
field = "request.x"

[[alarm]]
name = "High-Latency-Alarm"
statistic = "p90"
threshold = 500
evaluation_periods = 3
datapoints_to_alarm = 2

[[alarm]]
name = "Large"
metric = "Given"
statistic = "Maximum"
comparison = "GreaterThanThreshold"
threshold = 1000
period = 10
treat_missing_data = "ignore"

[[composite_alarm]]
name = "Slow and large"
rule = 'ALARM("High-Latency-Alarm") AND ALARM(Large)'

[notify.team]
type = "email"
address = "team@example.com"

[environment.rest.api]
type = "rest"
daily_quota = 1000

[environment.http.model]
namespace = "/test/signed"

[environment.http.api]
type = "http"

[environment.http.notify.channel]
type = "slack"
workspace_id = "T0123456789"
channel_id = "C0123456789"

[environment.http.logs]
customer_key = false

[environment.http.function]
rollout = "AllAtOnce"

[environment.gone.model]
namespace = "/test/gone"

[environment.gone.api]
type = "none"

[environment.gone.function]
rollout = "AllAtOnce"

[environment.parts.model]
namespace = "/test/parts"

[environment.parts.api]
type = "none"

[environment.parts.function]
rollout = "AllAtOnce"

[environment.parts.queue]
batch_size = 10
batching_window = 1
max_receive_count = 2
visibility_timeout = 3

[environment.parts.history]
days = 30

[environment.parts.lake]
days = 30

[environment.asking.model]
namespace = "/test/asking"

[environment.asking.api]
type = "none"

[environment.asking.function]
rollout = "AllAtOnce"
timeout = 2

[environment.asking.logs]
customer_key = false

[environment.asking.queue]
max_receive_count = 2
visibility_timeout = 2

[environment.asking.sagemaker]
instance_type = "ml.m5.large"
timeout = 1.0
retries = 1
"""

APP = """
import os, signal, time

def predict(features):
    x = features["x"]
    print("asked for", x)
    if x == -1:
        raise ValueError("no such x")
    if x == -2:
        os._exit(7)
    if x == -4:
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
    if x in (-3, -4):
        time.sleep(30)
    return {"prediction": x * 2, "confidence": 0.9}
"""


def make_model(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "inferwatch.toml").write_text(SPEC)
    (folder / "app.py").write_text(APP)
    return folder
