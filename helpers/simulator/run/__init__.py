"""Runs a program of any language, unmodified, with a phone network in Vonage's place."""

# What is typed: the wheel has a command of its own.
PROG = "python -m helpers.simulator" if __name__.startswith("helpers.") else "voice-simulator"
