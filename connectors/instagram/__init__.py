"""Instagram, by the Instagram API with Instagram login: comments, live comments and direct messages."""
