"""Out of the store to the destinations: messages taken from the outbox once each, objects by difference."""
