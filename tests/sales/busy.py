"""A process whose tasks never stop doing transactions; at the end of its input it says how all of them fare."""

import asyncio
import sys

import asyncpg
from tortoise import connections

from sales import database
from sales.database import fetch, transaction

TASKS = 8
POOL = 4


async def main(url: str) -> None:
    async with database.connected(url, pool=POOL):
        done, over = [0] * TASKS, asyncio.Event()
        tasks = [asyncio.create_task(work(n, done, over)) for n in range(TASKS)]
        loop = asyncio.get_running_loop()
        while await loop.run_in_executor(None, sys.stdin.readline) == "progress\n":
            before = list(done)
            try:
                async with asyncio.timeout(20):
                    while any(now == then for now, then in zip(done, before, strict=True)):
                        await asyncio.sleep(0.01)
                print("all go on", flush=True)
            except TimeoutError:
                print("stuck:", [n for n in range(TASKS) if done[n] == before[n]], flush=True)
        over.set()
        await asyncio.gather(*tasks)
        pool = connections.get("default")._pool
        lost = pool.get_size() - pool.get_idle_size()
        print(f"{lost} slots lost of {POOL}, {sum(done)} transactions", flush=True)


async def work(n: int, done: list[int], over: asyncio.Event) -> None:
    while not over.is_set():
        try:
            async with transaction():
                await fetch("update busy set n = n + 1 where id = $1 returning n", n)
                await fetch("select pg_sleep(0.002)")
            done[n] += 1
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            await asyncio.sleep(0.05)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
