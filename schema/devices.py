"""Your devices: the browsers and telephones on which you are told by push messages."""

import strawberry
from strawberry import UNSET

from sales import endpoints
from sales.endpoints import devices
from sales.endpoints.devices import Subscription, Telephone
from sales.verbs import Outcome
from sales.viewers import Viewer
from schema import ids
from schema.endpoints import Endpoint
from schema.mutations import mutation


@strawberry.input(description="A browser's `PushSubscription`, as its `toJSON()` gives it.")
class PushSubscriptionInput:
    endpoint: str = strawberry.field(description="Where its push service takes messages. It can't be null.")
    p256dh: str = strawberry.field(description="Its public key, in base64url. It can't be null.")
    auth: str = strawberry.field(description="Its shared secret, in base64url. It can't be null.")


@strawberry.input(description="An app on a telephone, by Firebase Cloud Messaging; on an iPhone, too.")
class FcmDeviceInput:
    token: str = strawberry.field(description="The registration token that Firebase gave it. It can't be null.")


@strawberry.input(one_of=True, description="A device: exactly one of these, and that one not null.")
class DeviceInput:
    web_push: PushSubscriptionInput | None = strawberry.field(
        default=UNSET, description="A browser. Left out, never null."
    )
    fcm: FcmDeviceInput | None = strawberry.field(default=UNSET, description="A telephone. Left out, never null.")


@strawberry.input(description="A device on which to tell you.")
class DeviceAddInput:
    name: str = strawberry.field(description="What you call it. It can't be null.")
    device: DeviceInput = strawberry.field(description="Where it is reached. It can't be null.")


@strawberry.input(description="A device on which you are not to be told any more.")
class DeviceRemoveInput:
    id: strawberry.ID = strawberry.field(description="Which of yours. It can't be null.")


@mutation("device", Endpoint)
async def device_add(by: Viewer, input: DeviceAddInput) -> Outcome:
    """Tell you on this device, too. A device that is known stays one, so an app may say so each time it starts; one on
    which somebody else was told is yours from now on."""
    return await devices.add(by=by, name=input.name, device=_device(input.device))


@mutation("device", Endpoint)
async def device_remove(by: Viewer, input: DeviceRemoveInput) -> Outcome:
    """Tell you on one of your devices no more. Its payload's `device` is null: there is none any more."""
    return await devices.remove(ids.read(input.id, endpoints.Endpoint), by=by)


def _device(input: DeviceInput) -> Subscription | Telephone:
    if input.fcm:
        return Telephone(input.fcm.token)
    assert input.web_push, "GraphQL lets exactly one through"
    return Subscription(input.web_push.endpoint, input.web_push.p256dh, input.web_push.auth)


MUTATIONS = [device_add, device_remove]
