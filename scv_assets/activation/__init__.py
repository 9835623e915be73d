"""From a segment to a message: what is decided to be said to whom, and how it reaches other systems."""
