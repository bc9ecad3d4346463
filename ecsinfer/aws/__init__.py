"""The only door to AWS: session, gateway, retry, error mapping, call budget."""
