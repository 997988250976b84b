"""An NCCO as text, and back."""
