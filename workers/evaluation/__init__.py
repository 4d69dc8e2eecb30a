"""`engage evaluate`: the back-test of a creator's avatar, and the page that shows it."""
