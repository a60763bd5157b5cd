"""The API's types, by which a webhook's selection, an event's sentence and a saved view are read.

They take a second to load. Many workers never need them, and none stands still for them: a thread loads them.
"""

import asyncio
from importlib import import_module

_are_loaded = False


async def load() -> None:
    """To be called before anything of `schema` is imported."""
    global _are_loaded
    if not _are_loaded:
        await asyncio.to_thread(import_module, "schema.schema")
        _are_loaded = True
