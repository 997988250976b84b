"""The phone network for everybody's tests: a plugin for pytest, which the installed kit brings by itself."""
