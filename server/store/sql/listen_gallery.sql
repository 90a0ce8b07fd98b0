-- Wakes store_wait when a gallery or a deployment's state changed.
LISTEN overt_gallery
