"""Earnmark meters every AI token, says what it cost and what it earned."""

__version__ = "0.1.0"
