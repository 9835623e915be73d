"""Golden profiles: what the company holds true of each customer, and where each value of it comes from.

The way in is `build.build`; the rules are read by `policy.survivorship_policy` from a company's survivorship.yaml.
"""
