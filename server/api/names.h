/* Names of sites and principals by their ids, looked up once per request. */
#ifndef OVERT_SERVER_API_NAMES_H
#define OVERT_SERVER_API_NAMES_H

#include <jansson.h>

#include "server/api/route.h"

struct names {
    struct call *call;
    json_t *sites;      /* id -> name; NULL until asked for */
    json_t *principals; /* those asked for so far */
};

void names_init(struct names *names, struct call *call);
void names_done(struct names *names);

/* JSON strings, or null for an id that is zero or unknown. Not inside a row callback: they ask the
 * database. NULL when that fails. */
json_t *names_site(struct names *names, const struct ov_id *id, struct ov_error *err);
json_t *names_principal(struct names *names, const struct ov_id *id, struct ov_error *err);

#endif
