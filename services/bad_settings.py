"""Why this doesn't start here: what is wrong in the environment, in one sentence for whoever set it."""


class CannotStart(Exception):
    """Why this doesn't start here, in one sentence for whoever started it."""


class BadSetting(CannotStart):
    """An environment variable that can't be used, in one sentence for whoever set it."""

    def __init__(self, name: str, problem: str, *, example: str) -> None:
        super().__init__(f"{name} {problem}; for example {name}={example}")
