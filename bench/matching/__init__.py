"""What bench/match.py is made of: a corpus, rules for it, and engines to run them."""
