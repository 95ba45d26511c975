"""Alert to delivery: rendering, channels, retries."""
