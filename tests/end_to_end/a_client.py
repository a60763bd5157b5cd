"""People at work, in a process of their own: an account whose leads all stand by for 2 to 5 seconds; prints its id."""

import asyncio
import random
import sys
from datetime import timedelta

from sales import database
from sales.ids import new_id
from sales.leads import Lead
from sales.moments import After
from sales.opening import open_account
from sales.statuses import stand_by
from sales.users.people import NewPerson
from sales.viewers import Viewer
from tests.factories import PASSWORD, a_lead

AT_ONCE = 8


async def main(url: str, leads: int) -> None:
    async with database.connected(url, pool=AT_ONCE):
        # Every scenario has a client of its own: an address of its own, too.
        person = NewPerson(name="Ada Admin", email=f"ada.{new_id()}@example.com", password=PASSWORD)
        ada = await open_account(name="Acme", administrator=person)
        made = [await a_lead(ada, title=f"Lead {n}") for n in range(leads)]
        hands = asyncio.Semaphore(AT_ONCE)
        await asyncio.gather(*(_stand_by(lead, ada, hands) for lead in made))
    print(ada.account.id)


async def _stand_by(lead: Lead, ada: Viewer, hands: asyncio.Semaphore) -> None:
    async with hands:
        await stand_by(lead.id, by=ada, until=After(timedelta(seconds=random.uniform(2, 5))), note="Call again")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
