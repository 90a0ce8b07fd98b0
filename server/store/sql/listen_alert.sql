-- Wakes store_wait when an alert was committed.
LISTEN overt_alert
