"""A real JupyterHub with the configuration of ``classroom/``: ``make hub-test``."""
