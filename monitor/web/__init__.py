"""Health, metrics and reload over HTTP."""
