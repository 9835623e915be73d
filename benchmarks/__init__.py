"""Benchmarks: each prints figures beside yardsticks, none asserts. `python -m benchmarks` runs them."""
