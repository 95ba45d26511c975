"""What bench/collect.py is made of."""
