/* Names by id. On a worker's thread. */
#include "server/api/names.h"

#include "server/service/people.h"

void names_init(struct names *names, struct call *call)
{
    *names = (struct names){call, NULL, NULL};
}

void names_done(struct names *names)
{
    json_decref(names->sites);
    json_decref(names->principals);
}

static json_t *known(json_t *map, const char *id)
{
    json_t *name = json_object_get(map, id);
    return name != NULL ? json_incref(name) : json_null();
}

static enum ov_status on_site(void *ctx, const struct site *site)
{
    char id[OV_ID_TEXT_SIZE];
    return json_object_set_new(ctx, ov_id_format(&site->id, id), json_string(site->name)) == 0
               ? OV_OK
               : OV_ERR_NOMEM;
}

json_t *names_site(struct names *names, const struct ov_id *id, struct ov_error *err)
{
    char text[OV_ID_TEXT_SIZE];
    if (names->sites == NULL) {
        names->sites = json_object();
        if (names->sites == NULL || service_site_each(names->call->service, names->call->actor,
                                                      on_site, names->sites, err) != OV_OK)
            return NULL;
    }
    return known(names->sites, ov_id_format(id, text));
}

json_t *names_principal(struct names *names, const struct ov_id *id, struct ov_error *err)
{
    char text[OV_ID_TEXT_SIZE];
    char name[PRINCIPAL_NAME_SIZE];
    if (ov_id_is_zero(id))
        return json_null();
    if (names->principals == NULL)
        names->principals = json_object();
    (void)ov_id_format(id, text);
    if (json_object_get(names->principals, text) == NULL &&
        (service_principal_name(names->call->service, id, name, err) != OV_OK ||
         json_object_set_new(names->principals, text, json_string(name)) != 0))
        return NULL;
    return known(names->principals, text);
}
