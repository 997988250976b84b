"""Widgets: views of Python objects that can be worked with the mouse. Import each from its own module."""
