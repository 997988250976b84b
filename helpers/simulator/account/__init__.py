"""The account: applications, numbers, money, regions, and who may sign in."""
