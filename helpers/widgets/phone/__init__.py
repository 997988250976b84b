"""The phone in the notebook."""
