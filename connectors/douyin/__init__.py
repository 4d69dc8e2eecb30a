"""Douyin (抖音): comments under a creator's own videos, direct messages where they are opened, and live comments."""
