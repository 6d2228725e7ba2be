"""Scripts that keep the project in order; not part of the package."""
