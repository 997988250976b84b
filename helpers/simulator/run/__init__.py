"""Runs a program of any language, unmodified, with a phone network in Vonage's place."""
