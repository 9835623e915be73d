"""Any table of people: read, recognised, matched."""
