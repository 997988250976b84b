"""What can be wrong with an NCCO: the rules, the problems, and the fixes."""
