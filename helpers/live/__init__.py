"""A real account: what may be sent to it, what that may cost, and how it is left as it was found."""
