"""`python -m scv_assets` is `scv`."""

from scv_assets.cli import main

main()
