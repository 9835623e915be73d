"""Where profiles and messages go: a module a kind of destination, behind the two interfaces of `interface`."""
