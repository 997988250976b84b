"""Whose account a lesson uses: what lessons 01 and 05 make in it, and the one on the exchange of a class."""
