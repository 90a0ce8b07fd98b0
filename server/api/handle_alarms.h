/* Alarms as JSON, for the handlers that show them. */
#ifndef OVERT_SERVER_API_HANDLE_ALARMS_H
#define OVERT_SERVER_API_HANDLE_ALARMS_H

#include <jansson.h>

#include "server/api/names.h"
#include "server/api/page.h"

/* An array, newest first; NULL on failure. */
json_t *alarms_json(struct names *names, bool with_cleared, const struct page *page,
                    json_t **ret_next, struct ov_error *err);

#endif
