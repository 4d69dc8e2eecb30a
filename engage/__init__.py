"""The avatar: knows creators, followers and words; knows no platform, no queue, no web server."""
