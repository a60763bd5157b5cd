"""What clients see: GraphQL types, queries and mutations, one file a word. Rows go through as they are."""

# Strawberry must know the meanings of the enums before anything uses them.
from schema import words as words
