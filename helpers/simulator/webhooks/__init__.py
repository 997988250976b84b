"""What the network asks of others: webhooks and sound files."""
