"""`python begin.py PROGRAM [ARGUMENT ...]`: becomes the program, which is told to end when its parent has ended.

So no emulator is left behind where the tests are killed.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1

if sys.platform == "linux":
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
os.execv(sys.argv[1], sys.argv[1:])
