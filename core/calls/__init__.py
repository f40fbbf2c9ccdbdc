"""The calls of the contract: what each does with a valid request."""
