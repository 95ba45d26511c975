"""Runs the stages: one poll is one transaction, one delivery one recorded attempt."""
