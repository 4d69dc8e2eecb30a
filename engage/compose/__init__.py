"""Writing a draft: with a model, or out of the creator's own sentences."""
