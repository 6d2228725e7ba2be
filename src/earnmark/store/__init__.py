"""The ledger: the only place that speaks SQL."""
