"""MiniStack, whose log is complete when a function has answered, whose log events have ids, as CloudWatch's do, and
whose subscriptions understand patterns over JSON.

By itself it waits for what a function logged for some milliseconds only, and who reads a log tells events apart by ids;
of a subscription's pattern it looks for the words alone.
"""

import importlib.util
import json
import queue
from itertools import count
from pathlib import Path

from ministack.app import main
from ministack.core.lambda_runtime import Worker
from ministack.services import cloudwatch_logs

END = "end of the invocation"  # as functions/sitecustomize.py writes it
SECONDS = 5.0

PATTERNS = Path(__file__).parents[2] / "cdk" / "boolean_expression.py"

append = cloudwatch_logs._append_log_events
numbers = count()


def append_with_ids(stream, events):
    append(stream, [{**event, "eventId": f"{next(numbers):056}"} for event in events])


def drain_to_the_end(worker):
    lines = []
    try:
        while (line := worker._stderr_queue.get(timeout=SECONDS)) != END:
            lines.append(line)
    except queue.Empty:
        pass  # the function's process is dead
    return "\n".join(lines)


def takes(pattern, message):
    if not pattern:
        return True
    try:
        return patterns.filter_pattern(pattern)(json.loads(message))
    except ValueError:
        return False  # as CloudWatch passes over what is no JSON


spec = importlib.util.spec_from_file_location("patterns", PATTERNS)
patterns = importlib.util.module_from_spec(spec)
spec.loader.exec_module(patterns)

cloudwatch_logs._subscription_pattern_matches = takes
cloudwatch_logs._append_log_events = append_with_ids
Worker._drain_stderr_bounded = drain_to_the_end
main()
