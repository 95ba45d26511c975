"""The weeks of July and August 2020, played by a local feed server."""
