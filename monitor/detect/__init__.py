"""Item to matches: text, queries, and the engine that runs rules over items."""
