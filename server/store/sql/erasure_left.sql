-- What is left of a list in the database.
-- $1 uuid: deployment
-- row: number of tables, indexes and rows
SELECT overt.list_left($1)
