"""Calls: the legs, what carries out their NCCOs, and who hears whom."""
