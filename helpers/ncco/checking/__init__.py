"""Reading an NCCO, and everything that is checked beyond one action."""
