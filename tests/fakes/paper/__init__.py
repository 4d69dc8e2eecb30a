"""A platform from another package, as small as one can be: it grants, calls an application, and wants to be asked."""
