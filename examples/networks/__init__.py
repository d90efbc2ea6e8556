"""The networks of the sources, trained."""
