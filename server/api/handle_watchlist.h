/* Entries as JSON, for the handlers that show them. */
#ifndef OVERT_SERVER_API_HANDLE_WATCHLIST_H
#define OVERT_SERVER_API_HANDLE_WATCHLIST_H

#include <jansson.h>

#include "server/service/watchlist.h"

/* With name and reference: for bodies only. NULL when memory is out. */
json_t *watchlist_view_json(const struct watchlist_view *view);

#endif
