/* Prints the server's table of routes as JSON, for check.mjs. */
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "server/api/route.h"

static const char *body_name(enum route_body body)
{
    switch (body) {
    case BODY_NONE:
        break;
    case BODY_JSON:
        return "application/json";
    case BODY_JPEG:
        return "image/jpeg";
    }
    return NULL;
}

int main(void)
{
    size_t count = 0;
    const struct route *table = route_table(&count);
    json_t *routes = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *route = json_pack("{ss ss ss* sb}", "method", request_method_name(table[i].method),
                                  "path", table[i].pattern, "body", body_name(table[i].body),
                                  "creates", (int)route_creates(&table[i]));
        if (route == NULL || json_array_append_new(routes, route) != 0)
            abort();
    }
    int status = json_dumpf(routes, stdout, JSON_COMPACT);
    json_decref(routes);
    return status == 0 ? 0 : 1;
}
