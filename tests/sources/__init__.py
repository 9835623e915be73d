"""Sources: contracts, readers, deliveries, extraction."""
