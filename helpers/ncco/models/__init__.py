"""The actions and endpoints as models: the only source of what an NCCO may hold."""
