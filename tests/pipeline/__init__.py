"""The whole pipeline over whole companies: what a user runs, what may go wrong, what must hold afterwards."""
