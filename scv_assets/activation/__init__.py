"""Activation: which message each customer is sent, or not, and why.

The order of reading: `policy` (campaigns.yaml); `triggers` gives candidates; `screens` says what speaks against one at
an instant, `history` what the customer was sent before; `decide` puts them together; `content` writes the message;
`admission` asks the same of a message that waits in the outbox, at the moment of sending; `incoherence` measures all
of it by other means.
"""
