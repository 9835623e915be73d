"""What becomes of requests to be forgotten once the view is published: whether they are carried out, and the proof."""
