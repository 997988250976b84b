"""Accounts side by side on one exchange: whose a number is, which account a request is for, who may join."""
