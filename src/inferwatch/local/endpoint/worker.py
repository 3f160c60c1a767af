"""The process of a container: `python -m inferwatch.local.endpoint.worker <pid of the parent> <listening socket>`.

It dies with its parent, and serves as the image does. The socket is the parent's, so that requests wait while one
process takes another's place.
"""

from __future__ import annotations

import socket
import sys

from inferwatch.local.worker import die_with


def main() -> None:
    die_with(int(sys.argv[1]))
    from inferwatch.serving.container import serve

    serve(bound=socket.socket(fileno=int(sys.argv[2])))


if __name__ == "__main__":
    main()
