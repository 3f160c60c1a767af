"""What the command's exit code says; 0 is well, and 2, a call that is not understood, is click's own."""

from __future__ import annotations

ERROR = 1
IN_ALARM = 3
