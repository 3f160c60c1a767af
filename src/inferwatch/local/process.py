"""A worker process: started in a session of its own, watched through a pidfd, killed with all that it started."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from inferwatch.local.invocation import Failure

_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)


class Process:
    """Runs until it ends or is killed; then `on_exit` is called once, in the event loop, after it was reaped.

    output: descriptor that becomes stdout and stderr; kept: descriptors that stay open in it. Raises OSError where it
    cannot be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        variables: Mapping[str, str],
        folder: str,
        output: int,
        on_exit: Callable[[Failure], None],
        kept: Sequence[int] = (),
    ) -> None:
        self._popen = subprocess.Popen(
            command,
            env=dict(variables),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=kept,
            start_new_session=True,  # Ctrl-C in the terminal is the supervisor's to handle
        )
        self.pid = self._popen.pid
        self._on_exit = on_exit
        self._peak_mb = 0
        try:
            self._pidfd = os.pidfd_open(self.pid)
        except OSError:  # out of descriptors
            self.kill()
            self._popen.wait()
            raise
        asyncio.get_running_loop().add_reader(self._pidfd, self._exited)

    def kill(self) -> None:
        """Kill the process and what it started. Does nothing to one that has been reaped."""
        if self._popen.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def peak_mb(self) -> int:
        """The most memory it has had resident, MB; of a process that has ended, as it was last asked."""
        if self._popen.returncode is not None:
            return self._peak_mb  # its number may be another process's by now
        with contextlib.suppress(OSError):
            if match := _PEAK.search(Path(f"/proc/{self.pid}/status").read_text()):
                self._peak_mb = -(-int(match[1]) // 1024)
        return self._peak_mb

    def _exited(self) -> None:
        # Between the end of a process and its reaping its number cannot be given away: the group is still ours.
        self.kill()
        asyncio.get_running_loop().remove_reader(self._pidfd)
        os.close(self._pidfd)
        self._on_exit(_how_it_ended(self._popen.wait()))


def _how_it_ended(code: int) -> Failure:
    if code >= 0:
        return Failure("Runtime.ExitError", f"the process ended with exit status {code}")
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return Failure("Runtime.ExitError", f"the process was ended by {name}")
