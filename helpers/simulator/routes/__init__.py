"""HTTP: the APIs of Vonage, and the control plane. Requests in, replies out, no state of its own."""
