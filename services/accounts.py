"""`relance account`: how an operator opens the account of a company."""

import secrets
from argparse import Namespace

from sales import database
from sales.errors import Refusal, Refused
from sales.opening import open_account
from sales.users.people import NewPerson
from services.settings import CannotStart


async def open_with_password(url: str, options: Namespace) -> str:
    """Open the account; gives the lines for the operator. Raises CannotStart with all that is wrong."""
    password = secrets.token_urlsafe(12)
    try:
        async with database.connected(url, pool=2):
            await open_account(
                name=options.name,
                administrator=NewPerson(options.person, options.email, password),
                locale=options.locale,
                currency=options.currency,
                time_zone=options.time_zone,
            )
    except Refused as refused:
        raise CannotStart(" ".join(_sentence(refusal) for refusal in refused.refusals)) from None
    except Refusal as refusal:
        raise CannotStart(_sentence(refusal)) from None
    return f"{options.name} is open. {options.email} signs in with the password {password} (shown this once)."


def _sentence(refusal: Refusal) -> str:
    return f"{refusal.path or 'account'}: {refusal.message('en')}"
