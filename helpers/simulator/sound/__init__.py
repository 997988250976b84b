"""Sound on the line: speech, tones, mixing, recordings."""
