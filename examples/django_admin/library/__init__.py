"""A small library on Django: books that have a file each, and Django's own admin over them."""
