"""Every `scv` command as a person meets it."""
