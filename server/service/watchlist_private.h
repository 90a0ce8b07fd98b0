/* What the files about watchlists share. Private to service/. */
#ifndef OVERT_SERVER_SERVICE_WATCHLIST_PRIVATE_H
#define OVERT_SERVER_SERVICE_WATCHLIST_PRIVATE_H

#include "server/service/service.h"
#include "server/service/watchlist.h"
#include "server/vault/vault.h"

/* Locks the deployment and checks that its list may change. */
OV_CHECKED enum ov_status watchlist_lock(struct service *service, const struct ov_id *deployment_id,
                                         struct ov_error *err);
/* The same without the lock, before the list's key is loaded: without a list there is none. */
OV_CHECKED enum ov_status watchlist_check_open(struct service *service,
                                               const struct ov_id *deployment_id,
                                               struct ov_error *err);
/* Locks an entry; its sealed fields are left out. */
OV_CHECKED enum ov_status watchlist_lock_entry(struct service *service,
                                               const struct ov_id *deployment_id,
                                               const struct ov_id *entry_id,
                                               struct watchlist_entry *ret, struct ov_error *err);

/* A row's sealed fields are borrowed for the callback; whoever keeps the row drops them. */
void watchlist_forget_sealed(struct watchlist_entry *entry);

/* Opens what is sealed of an entry, for watchlist_view_done; nothing is left open on failure. */
OV_CHECKED enum ov_status watchlist_view_open(const struct vault_key *key,
                                              const struct watchlist_entry *row,
                                              struct watchlist_view *ret, struct ov_error *err);
void watchlist_view_done(struct watchlist_view *view);

#endif
