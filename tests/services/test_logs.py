"""Logs say what happens, and no address that is a secret."""

import logging
import sys

import httpx
import pytest

from sales import database
from sales.accounts import Account
from services import logs
from tests.factories import an_account


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


@pytest.mark.usefixtures("pool")
async def test_a_traceback_does_not_quote_the_row_that_broke() -> None:
    account = await an_account()
    formatter = logs.Formatter("%(message)s")
    record = logging.makeLogRecord({"msg": "it broke"})
    try:
        await Account.create(**{name: getattr(account.account, name) for name in database.columns_of(Account)})
    except Exception:
        record.exc_info = sys.exc_info()

    said = formatter.format(record)

    assert "DETAIL" in str(record.exc_info[1])  # type: ignore[index]
    assert "UniqueViolationError" in said
    assert "test_logs.py" in said
    assert "DETAIL" not in said
    assert str(account.account.id) not in said
