"""Publishing: what the stages made goes into the store, all of it in one transaction or none of it."""
