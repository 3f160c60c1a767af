"""MiniStack, whose log is complete when a function has answered, and whose log events have ids, as CloudWatch's do.

By itself it waits for what a function logged for some milliseconds only, and who reads a log tells events apart by ids.
"""

import queue
from itertools import count

from ministack.app import main
from ministack.core.lambda_runtime import Worker
from ministack.services import cloudwatch_logs

END = "end of the invocation"  # as functions/sitecustomize.py writes it
SECONDS = 5.0

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


cloudwatch_logs._append_log_events = append_with_ids
Worker._drain_stderr_bounded = drain_to_the_end
main()
