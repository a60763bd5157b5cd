"""Memory: what is worked out once and kept, within bounds of size and not of number."""

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Memory(Generic[K, V]):
    """Keeps values of so much size in all; those that nobody asked for lately make room for others.

    What is larger than `largest` by itself isn't kept, so that nobody empties it at one go.
    """

    def __init__(self, most: int, *, largest: int | None = None) -> None:
        self.most = most
        self.largest = most if largest is None else largest
        self.size = 0
        self._kept: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def __contains__(self, key: K) -> bool:
        return key in self._kept

    def __iter__(self) -> Iterator[K]:
        return iter(self._kept)

    def __getitem__(self, key: K) -> V:
        self._kept.move_to_end(key)
        return self._kept[key][0]

    def get(self, key: K) -> V | None:
        return self[key] if key in self else None  # noqa: SIM401

    def forget(self, key: K) -> None:
        if key in self._kept:
            _, size = self._kept.pop(key)
            self.size -= size

    def keep(self, key: K, value: V, *, size: int) -> None:
        if key in self._kept or size > self.largest:
            return
        self._kept[key] = value, size
        self.size += size
        while self.size > self.most:
            _, (_, gone) = self._kept.popitem(last=False)
            self.size -= gone
