"""`engage redteam`: attacks put to a creator's avatar as it is configured. Nothing can be posted."""
