"""Logs say what happens, and no address that is a secret."""

import logging
import sys

import httpx
import pytest

from services import logs


async def test_where_a_request_went_is_in_no_log(capsys: pytest.CaptureFixture[str]) -> None:
    root, before = logging.getLogger(), logging.getLogger().handlers[:]
    root.handlers[:] = []
    logs.to_stdout("INFO")
    try:
        transport = httpx.MockTransport(lambda _: httpx.Response(200))
        async with httpx.AsyncClient(transport=transport) as client:
            await client.post("https://hooks.example.com/SECRET")
        logging.getLogger("relance").info("something happened")
    finally:
        root.handlers[:] = before
    sys.stdout.flush()

    said = capsys.readouterr().out
    assert "something happened" in said
    assert "SECRET" not in said
