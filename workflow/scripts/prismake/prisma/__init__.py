"""PRISMA: the ledger of every entry ever read, and the flow diagram whose every number is a sum over it."""
