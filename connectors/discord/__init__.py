"""Discord: channels, threads, direct messages and live chat of a bot user, heard over the gateway."""
