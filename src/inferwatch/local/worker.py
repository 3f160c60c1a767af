"""The process of an environment: `python -m inferwatch.local.worker <pid of the parent>`.

It dies with its parent, then runs AWS's own runtime client on the handler.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

HANDLER = "inferwatch.serving.aws_lambda.handler"
_PR_SET_PDEATHSIG = 1


def die_with(parent: int) -> None:
    """Have the kernel kill this process when `parent` ends, also by kill -9; leave at once if it has ended already."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:
        sys.exit(1)


def main() -> None:
    die_with(int(sys.argv[1]))
    from awslambdaric.__main__ import main as run

    run(["", HANDLER])


if __name__ == "__main__":
    main()
