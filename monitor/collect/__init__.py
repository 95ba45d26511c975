"""Feed to items: fetching, reading, and when to come back."""
