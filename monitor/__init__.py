"""Tocsin: from news feeds to one alert a story."""

__version__ = "0.1.0"
