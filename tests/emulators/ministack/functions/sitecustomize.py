"""Loaded by every Python that MiniStack starts, by PYTHONPATH: it gives functions the standard output of Lambda.

MiniStack talks with a function's process over file descriptor 1, and takes only descriptor 2 for its log. On Lambda
both are the log, and the SDK writes its lines to descriptor 1. So here the talk gets a descriptor of its own.
"""

import os
import sys

if sys.orig_argv[-1].endswith("_worker.py"):
    talk = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = os.fdopen(talk, "w")
