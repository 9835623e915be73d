"""The revisions, in order: `0001_…` first. A revision that was released is never edited; a new one is added."""
