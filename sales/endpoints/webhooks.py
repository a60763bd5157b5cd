"""Webhooks: how administrators have the account's events told to a server of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypedDict
from uuid import UUID

from tortoise.models import Model
from tortoise.queryset import QuerySet

from sales import database, sealed
from sales.accounts import Account
from sales.advice import Advice, AdviceCode
from sales.deliveries import rates
from sales.endpoints import LONGEST_NAME, Endpoint, EndpointKind, WhyDisabled, addresses
from sales.endpoints.hearing import untold
from sales.endpoints.signing import BOTH_VALID_FOR, new_secret
from sales.endpoints.switching import give_up
from sales.errors import InvalidValue, NotFound
from sales.ids import new_id
from sales.journal import Kind
from sales.journal.drafts import Draft
from sales.leads import Status
from sales.names import clean, clean_text
from sales.pipelines import Pipeline
from sales.steps import Step
from sales.tokens import Secret
from sales.users import User
from sales.verbs import Checks, Outcome, verb
from sales.viewers import Viewer

LONGEST_SELECTION: Final = 5_000
MOST_WEBHOOKS: Final = 50
MOST_IDS: Final = 200
"""In each part of a filter."""

NAMED_BY_FILTER: Final[dict[str, type[Model]]] = {"pipelineIds": Pipeline, "stepIds": Step, "ownerIds": User}
"""Whose ids the lists of a filter hold."""


class WebhookFields(TypedDict, total=False):
    """What can be set on a webhook; what is absent stays.

    `events` are kinds, none: all; `lead_filter` has lists under `pipelineIds`, `stepIds`, `ownerIds` and `statuses`.
    """

    name: str
    url: str
    events: Sequence[str]
    lead_filter: dict[str, list[Any]]
    selection: str | None
    rate_per_minute: int | None


@dataclass(frozen=True)
class NewSecret:
    """A webhook with a secret just made: shown this once, and None where the same request is answered again."""

    outcome: Outcome
    secret: str | None


async def create(*, by: Viewer, fields: WebhookFields, id: UUID | None = None) -> NewSecret:
    """Tell a server of what happens in the account. Raises NotAllowed, and InvalidValue for what can't be taken."""
    secret = new_secret()
    return await _with(secret, await _create(by=by, fields=fields, secret=Secret(secret), id=id))


async def rotate_secret(webhook_id: UUID, *, by: Viewer) -> NewSecret:
    """Sign with a new secret from now on, and for 24 hours with the one before as well."""
    secret = new_secret()
    return await _with(secret, await _rotate(webhook_id, by=by, secret=Secret(secret)))


@verb
async def edit(webhook_id: UUID, *, by: Viewer, fields: WebhookFields) -> Draft:
    """Change where a webhook goes, and what it hears of. A new address begins without the failures of the old one."""
    webhook = await _locked(webhook_id, by)
    values = await _checked(fields, by=by)
    if "address" in values and sealed.holds(webhook.address, fields["url"]):
        del values["address"]  # the same one; sealed again it would look like a change
    draft = Draft(Kind.ENDPOINT_EDITED, webhook, by=by)
    draft.change(webhook, **values)
    if "address" in values:
        await _forget_failures(webhook)
    return draft


@verb
async def enable(webhook_id: UUID, *, by: Viewer) -> Draft:
    """Send there again, from now on: what was dead by then stays so until somebody replays it."""
    webhook = await _locked(webhook_id, by)
    draft = Draft(Kind.ENDPOINT_ENABLED, webhook, by=by)
    draft.change(webhook, disabled_at=None, disabled_because=None)
    await _forget_failures(webhook)
    return draft


@verb
async def disable(webhook_id: UUID, *, by: Viewer) -> Draft:
    """Send nothing there any more, neither what waits nor what happens meanwhile; that can be replayed."""
    webhook = await _locked(webhook_id, by)
    draft = Draft(Kind.ENDPOINT_DISABLED, webhook, by=by)
    if webhook.disabled_at is None:
        draft.change(webhook, disabled_at=await database.now(), disabled_because=WhyDisabled.BY_HAND)
        await give_up(by.account.id, webhook.id)
    return draft


@verb
async def delete(webhook_id: UUID, *, by: Viewer) -> Draft:
    """Send nothing there any more, and call off what has not gone yet. Its deliveries stay on record."""
    webhook = await _locked(webhook_id, by)
    draft = Draft(Kind.ENDPOINT_DELETED, webhook, by=by)
    draft.change(webhook, deleted_at=await database.now())
    await database.fetch(_CALL_OFF, by.account.id, webhook.id)
    return draft


async def seen(webhook_id: UUID, *, by: Viewer) -> Endpoint:
    """A webhook of the account. Raises NotAllowed and NotFound."""
    by.require_administrator()
    webhook = await _of_account(by).filter(id=webhook_id).first()
    if webhook is None:
        raise NotFound("endpoint")
    return webhook


_CALL_OFF = """
update deliveries set state = 'CANCELLED', done_at = now()
where account_id = $1 and lane = $2 and state = 'PENDING'
"""


@verb
async def _create(*, by: Viewer, fields: WebhookFields, secret: Secret, id: UUID | None) -> Draft:
    by.require_administrator()
    values = await _checked(fields, by=by)
    await _require_room(by)
    webhook = Endpoint(
        id=id or new_id(), account_id=by.account.id, kind=EndpointKind.WEBHOOK, created_at=await database.now(),
        secret=sealed.seal(secret.value), **values,
    )  # fmt: skip
    draft = Draft(Kind.ENDPOINT_CREATED, webhook, by=by)
    draft.add(webhook)
    draft.warnings.append(Advice(AdviceCode.SECRET_SHOWN_ONCE))
    return draft


@verb
async def _rotate(webhook_id: UUID, *, by: Viewer, secret: Secret) -> Draft:
    webhook = await _locked(webhook_id, by)
    _require_key("id")
    draft = Draft(Kind.ENDPOINT_SECRET_ROTATED, webhook, by=by)
    now = await database.now()
    if webhook.former_until is not None and webhook.former_until > now:
        raise InvalidValue("id", "rotated_lately")  # a third secret would end the one that the receiver still has
    until = now + BOTH_VALID_FOR
    draft.change(webhook, secret=sealed.seal(secret.value), former_secret=webhook.secret, former_until=until)
    draft.warnings.append(Advice(AdviceCode.SECRET_SHOWN_ONCE))
    return draft


async def _with(secret: str, outcome: Outcome) -> NewSecret:
    made = await Endpoint.get(id=outcome.id)
    return NewSecret(outcome, secret if sealed.holds(made.secret, secret) else None)


async def _checked(fields: WebhookFields, *, by: Viewer) -> dict[str, Any]:
    """The columns that these fields set; all that is wrong with them is raised at once."""
    values: dict[str, Any] = {name: value for name, value in fields.items() if name != "url"}
    checks = Checks()
    if "name" in fields:
        with checks:
            values["name"] = clean(fields["name"], path="name", longest=LONGEST_NAME)
    if "url" in fields:
        with checks:
            _require_key("url")
            url = addresses.checked(fields["url"])
            values |= {"address": sealed.seal(url), "shown": addresses.shown(url)}
    if fields.get("selection"):
        with checks:
            values["selection"] = clean_text(str(fields["selection"]), path="selection", longest=LONGEST_SELECTION)
    if "rate_per_minute" in fields:
        with checks:
            values["rate_per_minute"] = rates.checked(fields["rate_per_minute"])
    if "events" in fields:
        values["events"] = [str(kind) for kind in dict.fromkeys(fields["events"])]
        checks.refusals += untold(fields["events"])
    if "lead_filter" in fields:
        with checks:
            values["lead_filter"] = await _filter(fields["lead_filter"], by=by)
    checks.done()
    return values


async def _filter(given: dict[str, list[Any]], *, by: Viewer) -> dict[str, list[str]]:
    """The filter as it is kept. Raises NotFound for each id that the account has no row for."""
    checks = Checks()
    for name, ids in given.items():
        if len(ids) > MOST_IDS:
            raise InvalidValue(f"filter.{name}", "too_many", most=MOST_IDS)
        model = NAMED_BY_FILTER.get(name)
        if model is None:
            continue
        found = set(await model.filter(account_id=by.account.id, id__in=ids).values_list("id", flat=True))
        what = model.__name__.lower()
        checks.refusals += [NotFound(what, f"filter.{name}.{n}") for n, id in enumerate(ids) if id not in found]
    checks.done()
    return {name: [_plain(each) for each in values] for name, values in given.items()}


def _plain(value: UUID | Status) -> str:
    return str(value)


def _require_key(path: str) -> None:
    if not sealed.is_ready():
        raise InvalidValue(path, "cannot_seal")


async def _require_room(by: Viewer) -> None:
    # The account is locked, so that two requests at once can't both take the last place.
    await Account.filter(id=by.account.id).select_for_update(no_key=True).get()
    if await _of_account(by).count() >= MOST_WEBHOOKS:
        raise InvalidValue("url", "too_many_webhooks", most=MOST_WEBHOOKS)


async def _locked(webhook_id: UUID, by: Viewer) -> Endpoint:
    by.require_administrator()
    webhook = await _of_account(by).filter(id=webhook_id).select_for_update(no_key=True).first()
    if webhook is None:
        raise NotFound("endpoint")
    return webhook


def _of_account(by: Viewer) -> QuerySet[Endpoint]:
    return Endpoint.filter(
        account_id=by.account.id, kind=EndpointKind.WEBHOOK, user_id__isnull=True, deleted_at__isnull=True
    )


async def _forget_failures(webhook: Endpoint) -> None:
    """What those who send have counted; in no event, since nobody decides it."""
    await Endpoint.filter(id=webhook.id).update(failures=0, failing_since=None, paused_until=None)
