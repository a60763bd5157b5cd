"""Persisted operations: documents that clients ask for by hash, once this process knows them (Apollo's APQ protocol).

With a manifest only its operations run, whether they are asked for by id or by their text.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from graphql import GraphQLSyntaxError, parse

from sales.memory import Memory
from schema.mistakes import Code, Mistake
from services.settings import BadSetting

VERSION: Final = 1
MOST_BYTES: Final = 8_000_000  # of all the texts that are remembered
FORMAT: Final = "apollo-persisted-query-manifest"

_EXAMPLE = "/etc/relance/persisted-query-manifest.json"


class NotPersisted(Mistake):
    """Nothing is known by this hash. The first sentence is the one that Apollo's clients look for."""

    def __init__(self, message: str = "PersistedQueryNotFound") -> None:
        super().__init__(Code.PERSISTED_QUERY_NOT_FOUND, message)


@dataclass
class Persisted:
    """The texts of operations by hash: those that were sent lately, or those of the manifest and no others.

    What was sent is kept by each process for itself; another one asks for the text once more.
    """

    manifest: Mapping[str, str] | None = None
    texts: Memory[str, str] = field(default_factory=lambda: Memory(MOST_BYTES))

    def __post_init__(self) -> None:
        self._allowed = frozenset((self.manifest or {}).values())

    def text(self, query: str | None, hash: str | None) -> str | None:
        """The document that is asked for; None where there is neither a text nor a hash. Raises a Mistake."""
        if self.manifest is not None:
            return self._of_manifest(self.manifest, query, hash)
        if query is None:
            return self._remembered(hash) if hash is not None else None
        if hash is not None and hash != hash_of(query):
            raise _not_the_hash()
        return query

    def remember(self, query: str, hash: str) -> None:
        """Keep a text that was found fit to run; those that nobody asked for lately make room."""
        if self.manifest is None:
            self.texts.keep(hash, query, size=_size(query))

    def _remembered(self, hash: str) -> str:
        if hash not in self.texts:
            raise NotPersisted()
        return self.texts[hash]

    def _of_manifest(self, manifest: Mapping[str, str], query: str | None, hash: str | None) -> str | None:
        if query is None and hash is None:
            return None
        if query is None and hash is not None:
            query = manifest.get(hash)
        if query not in self._allowed:
            raise NotPersisted("Only the operations of the manifest run here, and this is none of them.")
        if hash is not None and manifest.get(hash, query if hash == hash_of(query) else None) != query:
            raise _not_the_hash()
        return query


def asked_hash(extensions: Mapping[str, Any] | None) -> str | None:
    """The hash in a request's extensions; None without one. Raises BAD_REQUEST."""
    asked = (extensions or {}).get("persistedQuery")
    if asked is None:
        return None
    if not isinstance(asked, dict) or not isinstance(hash := asked.get("sha256Hash"), str):
        raise Mistake(Code.BAD_REQUEST, "The extension persistedQuery is {version: 1, sha256Hash: a string}.")
    version = asked.get("version")
    if version != VERSION or isinstance(version, bool):
        raise Mistake(Code.BAD_REQUEST, f"Persisted queries are understood in version {VERSION} only.")
    return hash


def hash_of(query: str) -> str:
    """The SHA-256 of a document in UTF-8, in lower-case hexadecimal."""
    return sha256(query.encode("utf-8", "surrogatepass")).hexdigest()


def load(path: Path | None) -> Persisted:
    """What the manifest at `path` lets run, or, without one, an empty memory. Raises BadSetting."""
    if path is None:
        return Persisted()
    try:
        given = json.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise _bad(f"names {path}, which can't be read ({error.strerror})") from None
    except (ValueError, RecursionError):
        raise _bad(f"names {path}, which is not JSON in UTF-8") from None
    if not isinstance(given, dict):
        raise _bad(f"names {path}, which must be a manifest of Apollo's or one object of hashes and texts")
    manifest = _operations(given) if "format" in given else _texts(list(given.items()))
    if not manifest:
        raise _bad(f"names {path}, which holds no operation, so that nothing would run")
    return Persisted(manifest)


def _operations(given: Mapping[str, Any]) -> dict[str, str]:
    """Of Apollo's manifest (generate-persisted-query-manifest): {format, version, operations}."""
    version = given.get("version")
    if given["format"] != FORMAT or version != VERSION:
        raise _bad(f"has a manifest whose format isn't {FORMAT} in version {VERSION}")
    operations = given.get("operations")
    if not isinstance(operations, list) or not all(isinstance(operation, dict) for operation in operations):
        raise _bad("has a manifest whose operations aren't a list of objects with id and body")
    return _texts([(operation.get("id"), operation.get("body")) for operation in operations])


def _texts(pairs: list[tuple[Any, Any]]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for id, body in pairs:
        if not isinstance(id, str) or not id:
            raise _bad("has a manifest with an operation without an id")
        shown = id[:80]
        if not isinstance(body, str):
            raise _bad(f"has a manifest in which the operation '{shown}' has no text")
        if texts.setdefault(id, body) != body:
            raise _bad(f"has a manifest in which two operations have the id '{shown}'")
        try:
            parse(body, no_location=True)
        except (GraphQLSyntaxError, RecursionError) as error:
            problem = " ".join(getattr(error, "message", "it is nested too deeply").split())
            raise _bad(f"has a manifest in which the operation '{shown}' isn't GraphQL: {problem}") from None
    return texts


def _size(query: str) -> int:
    return len(query.encode("utf-8", "surrogatepass"))


def _not_the_hash() -> Mistake:
    return Mistake(Code.BAD_REQUEST, "The sha256Hash is not that of the query.")


def _bad(problem: str) -> BadSetting:
    return BadSetting("PERSISTED_MANIFEST", problem, example=_EXAMPLE)
