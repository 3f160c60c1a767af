"""Loaded by every Python that MiniStack starts, by PYTHONPATH: MiniStack's own, and that of each zip function.

MiniStack talks with a function's process over file descriptor 1, and takes only descriptor 2 for its log. On Lambda
both are the log, and the SDK writes its lines to descriptor 1. So here the talk gets a descriptor of its own.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1

if sys.orig_argv[-1].endswith("_worker.py"):
    talk = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = os.fdopen(talk, "w")
elif sys.platform == "linux":
    # Ends with the tests, also where those are killed; the functions' processes end with it, as their input does.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
