/*
 * The id of a watchlist entry: a keyed digest of its reference under a key derived from the
 * watchlist's. So an entry is found by its reference without that standing anywhere in the clear.
 * Private to service/.
 */
#ifndef OVERT_SERVER_SERVICE_ENTRY_ID_H
#define OVERT_SERVER_SERVICE_ENTRY_ID_H

#include "common/base/id.h"
#include "common/base/status.h"

struct vault_key;

/* Times a reference may be withdrawn and proposed anew within one deployment: from 0 on. */
#define ENTRY_GENERATIONS_MAX 16

/* reference: 1 to WATCHLIST_TEXT_MAX_BYTES bytes. */
OV_CHECKED enum ov_status entry_id_make(const struct vault_key *list_key, const char *reference,
                                        unsigned generation, struct ov_id *ret,
                                        struct ov_error *err);

#endif
