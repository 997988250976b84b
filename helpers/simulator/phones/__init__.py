"""The phones of the network, and the people who hold them."""
