"""Facebook Pages: comments on a Page's posts, and Messenger."""
