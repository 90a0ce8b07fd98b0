-- Wakes store_wait when somebody's rights changed.
LISTEN overt_people
