/* Going live: what the database asks for before a deployment is. */
#include "tests/integration/pg/pg.h"

#include <stdio.h>

#include "server/store/approvals.h"
#include "server/store/duty.h"

/* The person who is on duty as this wherever a test needs somebody; made when first needed. */
static enum ov_status crew_of(struct store *store, enum role role, struct ov_id *ret,
                              struct ov_error *err)
{
    bool adjudicates = role == ROLE_ADJUDICATOR;
    struct principal person = {
        .id = ov_id_new(), .kind = PRINCIPAL_PERSON, .active = true, .roles = (unsigned)role};
    struct ov_error none = OV_ERROR_INIT;
    char uri[PRINCIPAL_URI_SIZE];
    (void)snprintf(person.name, sizeof(person.name), "%s",
                   adjudicates ? "seed-adjudicator" : "seed-engagement");
    (void)snprintf(uri, sizeof(uri), "overt://person/%s", person.name);
    enum ov_status status = store_principal_by_identity(store, uri, &person, &none);
    if (status == OV_ERR_NOT_FOUND)
        status = pg_add_person(store, &person, uri, err);
    *ret = person.id;
    return status;
}

static enum ov_status take_duty(struct store *store, const struct ov_id *deployment_id,
                                enum role role, int64_t at_us, struct ov_error *err)
{
    struct duty_key key = {*deployment_id, ov_id_new(), role};
    enum ov_status status = crew_of(store, role, &key.person_id, err);
    return status == OV_OK ? store_duty_take(store, &key, at_us, err) : status;
}

enum ov_status pg_attend(struct store *store, const struct ov_id *deployment_id, int64_t at_us,
                         struct ov_error *err)
{
    struct duty_presence presence = {0, 0};
    enum ov_status status = store_duty_presence(store, deployment_id, 0, &presence, err);
    if (status == OV_OK && presence.adjudicators == 0)
        status = take_duty(store, deployment_id, ROLE_ADJUDICATOR, at_us, err);
    if (status == OV_OK && presence.engagement_officers == 0)
        status = take_duty(store, deployment_id, ROLE_ENGAGEMENT_OFFICER, at_us, err);
    return status;
}

enum ov_status pg_review(struct store *store, const struct ov_id *deployment_id,
                         const struct ov_id *by, struct ov_error *err)
{
    struct review_figures figures = {.list_version = 0};
    const struct review_relisted relisted = {.all = 0};
    enum ov_status status = store_review_figures(store, deployment_id, &figures, err);
    return status == OV_OK ? store_review_add(store, deployment_id, by, 0, &figures, &relisted, err)
                           : status;
}

enum ov_status pg_go_live(struct store *store, const struct ov_id *deployment_id,
                          const struct ov_id *reviewer, int64_t at_us, struct ov_error *err)
{
    enum ov_status status = pg_attend(store, deployment_id, at_us, err);
    if (status == OV_OK)
        status = pg_review(store, deployment_id, reviewer, err);
    return status == OV_OK
               ? store_deployment_set_state(store, deployment_id, DEPLOYMENT_LIVE, at_us, err)
               : status;
}
