"""A call in, a picture and its words out. Each module is imported only when its view is asked for."""
