"""Prices, calendars and formats: pure functions, without input, output or a clock."""
