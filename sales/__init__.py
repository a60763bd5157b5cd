"""The product: tables and rules, one file a word. Knows no GraphQL, HTTP, arq or Redis."""
