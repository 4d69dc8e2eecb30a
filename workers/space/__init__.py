"""Pages for followers, served beside the webhooks: a chat with the avatar, and an overlay with its live answers."""
