"""Match to story: which reports tell of one event."""
