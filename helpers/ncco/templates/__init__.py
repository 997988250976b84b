"""Templates in NCCOs: read, filled in, and tried out."""
