"""A process of its own with an endpoint: `python endpoint_server.py <model> <data>`. It prints an answer."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from endpoint_bench import ask, running


async def main(model: Path, data: Path) -> None:
    async with running(model, data) as endpoint:
        said = await ask(endpoint, b'{"rooms": 1}')
        sys.stdout.write(said["Body"].decode() + "\n")
        sys.stdout.flush()
        await asyncio.sleep(60)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
