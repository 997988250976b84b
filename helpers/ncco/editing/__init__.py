"""What an editor needs: changes, paths, examples, the reference."""
