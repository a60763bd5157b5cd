"""The `relance` command, in a process of its own."""

import asyncio
import os
import sys


async def relance(*arguments: str, url: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.command", *arguments,
        env={**os.environ, "DATABASE_URL": url}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()
