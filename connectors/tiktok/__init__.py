"""TikTok: comments under a creator's own videos and direct messages of Business Accounts (business-api.tiktok.com)."""
