"""From text as delivered to typed rows that hold to their contract; what does not is kept aside with its reason.

`rows` types and judges the rows of many days at once, `validate` does it over the lake, `replay` says what became of a
refused row, `quality` and `channel_report` measure the channels. What a value means beyond its type (is this a real
phone number? are these two names one?) belongs to later stages.
"""
