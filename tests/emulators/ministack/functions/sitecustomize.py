"""Loaded by every Python that MiniStack starts, by PYTHONPATH: it gives functions the standard output of Lambda.

MiniStack talks with a function's process over file descriptor 1, and takes only descriptor 2 for its log. On Lambda
both are the log, and the SDK writes its lines to descriptor 1. So here the talk gets a descriptor of its own, and what
was logged before an answer ends with a mark, for which `run.py` waits.
"""

import os
import sys

END = b"end of the invocation\n"


class Talk:
    def __init__(self, descriptor):
        self._out = os.fdopen(descriptor, "w")

    def write(self, text):
        if '"status": "ready"' not in text:
            os.write(2, END)
        self._out.write(text)

    def flush(self):
        self._out.flush()


if sys.orig_argv[-1].endswith("_worker.py"):
    talk = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = Talk(talk)
