"""What a person reads, in English and in French: one Fluent file a language in `sales/locales`."""

from functools import cache
from pathlib import Path
from typing import Any

from fluent.runtime import FluentBundle, FluentResource, resolver

LOCALES = ("en", "fr")
_FOLDER = Path(__file__).parent / "locales"

# Fluent cuts off at 2,500 characters, for files that strangers write. A note has up to 4,000.
resolver.MAX_PART_LENGTH = 20_000


def say(locale: str, name: str, /, **values: Any) -> str:
    """The sentence `name` with its values filled in; a language we do not speak reads English.

    Raises KeyError for a name that no file has: a missing sentence is a fault of ours, found by the tests.
    """
    bundle = _bundle(locale if locale in LOCALES else "en")
    message = bundle.get_message(name)
    if message.value is None:
        raise KeyError(name)
    text, errors = bundle.format_pattern(message.value, values)
    if errors:
        raise KeyError(f"{name}: {errors[0]}")
    return str(text)


@cache
def _bundle(locale: str) -> FluentBundle:
    # No isolation marks around values: they end up in e-mail subjects and terminals as rubbish.
    bundle = FluentBundle([locale], use_isolating=False)
    bundle.add_resource(FluentResource((_FOLDER / f"{locale}.ftl").read_text("utf-8")))
    return bundle
