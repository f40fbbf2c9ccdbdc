"""The JSON functions of the contract; nothing else is public."""
