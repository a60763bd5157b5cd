"""What the clock and the dispatch log: in a log of many accounts each line says whose it is."""

from datetime import timedelta

import pytest

from sales import failures
from sales.failures import Stage
from sales.viewers import Viewer
from tests.sales.many import many_standbys
from tests.turning import fire_all_due


async def test_a_reminder_that_fired_is_named_with_its_lead_and_its_account(
    ada: Viewer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="relance.clock")
    [reminder] = await many_standbys(ada, 1, first_in=timedelta(milliseconds=-400))

    await fire_all_due()

    [line] = [line for line in caplog.messages if str(ada.account.id) in line]
    assert line.startswith(f"reminder {reminder} of lead 1 of account {ada.account.id} fired, ")
    assert line.endswith(" ms late")


async def test_a_row_that_fails_is_named_with_its_account(ada: Viewer, caplog: pytest.LogCaptureFixture) -> None:
    await failures.count(ada.account.id, Stage.DISPATCH, "12", KeyError("poison"))

    assert caplog.messages == [f"dispatch 12 of account {ada.account.id} failed, try 1 of 5: KeyError: 'poison'"]
