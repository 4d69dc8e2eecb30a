"""YouTube: comments by polling within the day's quota, live chat by a stream, new videos by WebSub."""
