/* Principals, identities, roles and sites. */
#include "server/store/people.h"

#include <string.h>

#include "server/store/people_rows.h"
#include "server/store/statement.h"

static const char *const role_names[ROLE_COUNT] = {
    "administrator",       "applicant",          "watchlist_manager",
    "authorising_officer", "higher_authority",   "deployment_lead",
    "adjudicator",         "engagement_officer", "site",
    "data_protection",     "oversight"};

const char *role_name(enum role role)
{
    for (int i = 0; i < ROLE_COUNT; i++)
        if (role == (enum role)(1 << i))
            return role_names[i];
    return "unknown";
}

unsigned role_by_name(const char *name)
{
    for (unsigned i = 0; i < ROLE_COUNT; i++)
        if (strcmp(name, role_names[i]) == 0)
            return 1u << i;
    return 0;
}

const char *principal_kind_name(int kind)
{
    return kind == PRINCIPAL_SITE ? "site" : "person";
}

/* --- principals ---------------------------------------------------------------------------- */

void row_roles(struct row *row, unsigned *ret_roles)
{
    char text[ROLES_TEXT_SIZE];
    char *rest = text;
    row_text(row, text, sizeof(text));
    *ret_roles = 0;
    for (const char *name = strsep(&rest, ","); name != NULL && *name != '\0';
         name = strsep(&rest, ",")) {
        unsigned role = role_by_name(name);
        if (role == 0)
            row->failed = true;
        *ret_roles |= role;
    }
}

/* The names are ours: nothing in them needs quoting in an array literal. */
enum ov_status roles_format(unsigned roles, char out[ROLES_TEXT_SIZE], struct ov_error *err)
{
    if ((roles & ~((1u << ROLE_COUNT) - 1u)) != 0)
        return ov_fail(err, OV_ERR_INVALID, "principal.invalid", "there is no such role");
    char *at = stpcpy(out, "{");
    for (int i = 0; i < ROLE_COUNT; i++) {
        if ((roles & (1u << i)) == 0)
            continue;
        if (at[-1] != '{')
            at = stpcpy(at, ",");
        at = stpcpy(at, role_names[i]);
    }
    stpcpy(at, "}");
    return OV_OK;
}

static void read_principal(struct row *row, struct principal *ret)
{
    memset(ret, 0, sizeof(*ret));
    row_id(row, &ret->id);
    ret->kind = (enum principal_kind)row_choice(row, principal_kind_name, 2);
    row_text(row, ret->name, sizeof(ret->name));
    ret->active = row_bool(row);
    row_roles(row, &ret->roles);
}

static enum ov_status on_principal(void *ctx, struct row *row, struct ov_error *err)
{
    read_principal(row, ctx);
    return row_done(row, err);
}

static enum ov_status get_principal(struct store *store, enum statement statement,
                                    const struct params *params, struct principal *ret,
                                    struct ov_error *err)
{
    struct principal found;
    int64_t count = 0;
    enum ov_status status =
        statement_each(store, statement, params, on_principal, &found, &count, err);
    if (status == OV_OK && count == 0)
        status = ov_fail(err, OV_ERR_NOT_FOUND, "principal.unknown", "there is no such principal");
    if (status == OV_OK)
        *ret = found;
    return status;
}

enum ov_status store_principal_by_identity(struct store *store, const char *uri,
                                           struct principal *ret, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_text(&params, uri);
    return get_principal(store, STATEMENT_PRINCIPAL_BY_IDENTITY, &params, ret, err);
}

enum ov_status store_principal_by_id(struct store *store, const struct ov_id *id,
                                     struct principal *ret, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, id);
    return get_principal(store, STATEMENT_PRINCIPAL_BY_ID, &params, ret, err);
}

enum ov_status store_principal_by_name(struct store *store, enum principal_kind kind,
                                       const char *name, struct principal *ret,
                                       struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_text(&params, principal_kind_name((int)kind));
    params_text(&params, name);
    return get_principal(store, STATEMENT_PRINCIPAL_BY_NAME, &params, ret, err);
}

enum ov_status store_principal_add(struct store *store, const struct principal *principal,
                                   const char *uri, struct ov_error *err)
{
    char roles[ROLES_TEXT_SIZE];
    enum ov_status status = roles_format(principal->roles, roles, err);
    if (status != OV_OK)
        return status;
    struct params params = PARAMS_INIT;
    params_id(&params, &principal->id);
    params_text(&params, principal_kind_name((int)principal->kind));
    params_text(&params, principal->name);
    params_bool(&params, principal->active);
    params_array(&params, roles);
    params_text(&params, uri);
    return statement_run(store, STATEMENT_PRINCIPAL_ADD, &params, NULL, err);
}

enum ov_status store_principal_set_active(struct store *store, const struct ov_id *id, bool active,
                                          struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    int64_t affected = 0;
    params_id(&params, id);
    params_bool(&params, active);
    enum ov_status status =
        statement_run(store, STATEMENT_PRINCIPAL_SET_ACTIVE, &params, &affected, err);
    if (status == OV_OK && affected == 0)
        status = ov_fail(err, OV_ERR_NOT_FOUND, "principal.unknown", "there is no such principal");
    return status;
}

enum ov_status store_principal_revoke(struct store *store, const struct ov_id *id, enum role role,
                                      bool *ret_held, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    int64_t affected = 0;
    params_id(&params, id);
    params_text(&params, role_name(role));
    enum ov_status status =
        statement_run(store, STATEMENT_PRINCIPAL_REVOKE, &params, &affected, err);
    if (status == OV_OK)
        *ret_held = affected > 0;
    return status;
}

struct person_sink {
    enum ov_status (*on_row)(void *ctx, const struct person_row *person);
    void *ctx;
};

static enum ov_status on_person(void *ctx, struct row *row, struct ov_error *err)
{
    const struct person_sink *sink = ctx;
    struct person_row person;
    read_principal(row, &person.principal);
    person.added_at_us = row_time(row);
    row_text(row, person.identities, sizeof(person.identities));
    enum ov_status status = row_done(row, err);
    return status == OV_OK ? sink->on_row(sink->ctx, &person) : status;
}

enum ov_status store_person_each(struct store *store, const struct store_page *page,
                                 enum ov_status (*on_row)(void *ctx, const struct person_row *),
                                 void *ctx, struct ov_error *err)
{
    struct person_sink sink = {on_row, ctx};
    struct params params = PARAMS_INIT;
    params_id(&params, page->after);
    params_i64(&params, page->limit);
    return statement_each(store, STATEMENT_PERSON_EACH, &params, on_person, &sink, NULL, err);
}

static enum ov_status on_count(void *ctx, struct row *row, struct ov_error *err)
{
    int64_t *ret = ctx;
    *ret = row_i64(row);
    return row_done(row, err);
}

enum ov_status store_principal_count(struct store *store, int64_t *ret_count, struct ov_error *err)
{
    return statement_each(store, STATEMENT_PRINCIPAL_COUNT, NULL, on_count, ret_count, NULL, err);
}

enum ov_status store_principal_count_role(struct store *store, enum role role, int64_t *ret_count,
                                          struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_text(&params, role_name(role));
    return statement_each(store, STATEMENT_PRINCIPAL_COUNT_ROLE, &params, on_count, ret_count, NULL,
                          err);
}

/* --- sites --------------------------------------------------------------------------------- */

static void read_site(struct row *row, struct site *ret)
{
    memset(ret, 0, sizeof(*ret));
    row_id(row, &ret->id);
    row_id(row, &ret->principal_id);
    row_text(row, ret->name, sizeof(ret->name));
    ret->added_at_us = row_time(row);
}

static enum ov_status on_one_site(void *ctx, struct row *row, struct ov_error *err)
{
    read_site(row, ctx);
    return row_done(row, err);
}

static enum ov_status get_site(struct store *store, enum statement statement,
                               const struct params *params, struct site *ret, struct ov_error *err)
{
    struct site found;
    int64_t count = 0;
    enum ov_status status =
        statement_each(store, statement, params, on_one_site, &found, &count, err);
    if (status == OV_OK && count == 0)
        status = ov_fail(err, OV_ERR_NOT_FOUND, "site.unknown", "there is no such site");
    if (status == OV_OK)
        *ret = found;
    return status;
}

enum ov_status store_site_add(struct store *store, const struct site *site, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, &site->id);
    params_id(&params, &site->principal_id);
    params_text(&params, site->name);
    params_time(&params, site->added_at_us);
    return statement_run(store, STATEMENT_SITE_ADD, &params, NULL, err);
}

enum ov_status store_site_by_name(struct store *store, const char *name, struct site *ret,
                                  struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_text(&params, name);
    return get_site(store, STATEMENT_SITE_BY_NAME, &params, ret, err);
}

enum ov_status store_site_by_principal(struct store *store, const struct ov_id *id,
                                       struct site *ret, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, id);
    return get_site(store, STATEMENT_SITE_BY_PRINCIPAL, &params, ret, err);
}

struct site_sink {
    enum ov_status (*on_site)(void *ctx, const struct site *site);
    void *ctx;
};

static enum ov_status on_each_site(void *ctx, struct row *row, struct ov_error *err)
{
    const struct site_sink *sink = ctx;
    struct site site;
    read_site(row, &site);
    enum ov_status status = row_done(row, err);
    return status == OV_OK ? sink->on_site(sink->ctx, &site) : status;
}

enum ov_status store_site_each(struct store *store,
                               enum ov_status (*on_site)(void *ctx, const struct site *site),
                               void *ctx, struct ov_error *err)
{
    struct site_sink sink = {on_site, ctx};
    return statement_each(store, STATEMENT_SITE_EACH, NULL, on_each_site, &sink, NULL, err);
}

enum ov_status store_site_page(struct store *store, const struct store_page *page,
                               enum ov_status (*on_site)(void *ctx, const struct site *site),
                               void *ctx, struct ov_error *err)
{
    struct site_sink sink = {on_site, ctx};
    struct params params = PARAMS_INIT;
    params_id(&params, page->after);
    params_i64(&params, page->limit);
    return statement_each(store, STATEMENT_SITE_PAGE, &params, on_each_site, &sink, NULL, err);
}

enum ov_status store_site_lock(struct store *store, const struct ov_id *id, struct ov_error *err)
{
    enum ov_status status = statement_need_transaction(store, err);
    if (status != OV_OK)
        return status;
    struct params params = PARAMS_INIT;
    params_id(&params, id);
    return statement_run(store, STATEMENT_SITE_LOCK, &params, NULL, err);
}
