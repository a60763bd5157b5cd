"""GraphQL over HTTP: who asks, what they ask, what they are answered, and whether we are well."""
