"""`python -m benchmarks`: the whole view over the demo company (the others have a module each)."""

from benchmarks.whole_view import main

main()
