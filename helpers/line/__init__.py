"""The line to a phone network, in this kernel or elsewhere."""
