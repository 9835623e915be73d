"""The demo company: its generator, its contracts, its committed extracts."""
