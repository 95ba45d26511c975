"""Story to alert: whether to raise, update or hold back, and who hears of it."""
