-- Maps another certificate's URI to a principal.
-- $1 uuid: principal  $2 text: uri
INSERT INTO overt.principal_identity (uri, principal_id)
VALUES ($2, $1)
