"""Terms of a reminder: what each means to clients, wherever one is set."""

AHEAD = (
    "How long before its moment to tell of it too: at most 5, each between a minute and four weeks. What would be past "
    "is not told. "
)
ESCALATE = (
    "How long it may stay unacknowledged (not read, not acted on) before those who manage its person, or else the "
    "administrators, are told; a minute to four weeks. "
)
