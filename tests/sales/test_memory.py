"""Memory: bounded by size, the last used longest."""

from sales.memory import Memory


def test_what_nobody_asked_for_lately_makes_room() -> None:
    memory: Memory[str, int] = Memory(10)
    memory.keep("a", 1, size=4)
    memory.keep("b", 2, size=4)

    assert memory["a"] == 1
    memory.keep("c", 3, size=4)

    assert list(memory) == ["a", "c"]
    assert memory.size == 8


def test_what_is_too_large_is_not_kept_and_costs_the_others_nothing() -> None:
    memory: Memory[str, int] = Memory(10, largest=5)
    memory.keep("a", 1, size=5)
    memory.keep("b", 2, size=6)

    assert list(memory) == ["a"]


def test_what_is_kept_stays_as_it_is() -> None:
    memory: Memory[str, int] = Memory(10)
    memory.keep("a", 1, size=4)
    memory.keep("a", 2, size=5)

    assert (memory["a"], memory.size) == (1, 4)


def test_what_is_forgotten_makes_room_for_another_of_its_name() -> None:
    memory: Memory[str, int] = Memory(10)
    memory.keep("a", 1, size=4)
    memory.forget("a")
    memory.forget("b")
    memory.keep("a", 2, size=5)

    assert (memory.get("a"), memory.get("b"), memory.size) == (2, None, 5)
