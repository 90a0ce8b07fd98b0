/*
 * Who may act: what widens somebody's rights is proposed by one administrator and confirmed by
 * another; what narrows them, one administrator does at once.
 */
#ifndef OVERT_SERVER_SERVICE_PEOPLE_DECISIONS_H
#define OVERT_SERVER_SERVICE_PEOPLE_DECISIONS_H

#include "server/audit/event.h"
#include "server/store/people_decisions.h"

struct service;

/* Whom something is about, by the NAME of the first identity. */
struct people_target {
    enum principal_kind kind; /* a site can be suspended, reactivated and given an identity */
    const char *name;
};

struct people_proposal {
    enum people_decision_kind kind;
    struct people_target target;
    unsigned roles;       /* add_person, grant_role */
    const char *identity; /* add_identity: the NAME of the further certificate; else NULL */
};
/* "people.unknown", "people.roles", "people.identity", "principal.exists", "people.active". */
OV_CHECKED enum ov_status service_people_propose(struct service *service, const struct actor *actor,
                                                 const struct people_proposal *proposal,
                                                 struct people_decision *ret, struct ov_error *err);
/* Does what was proposed. By another administrator ("people.same_person") within seven days
 * ("people.expired"), once ("people.decided"). */
OV_CHECKED enum ov_status service_people_confirm(struct service *service, const struct actor *actor,
                                                 const struct ov_id *id,
                                                 struct people_decision *ret, struct ov_error *err);
OV_CHECKED enum ov_status service_people_withdraw(struct service *service,
                                                  const struct actor *actor, const struct ov_id *id,
                                                  struct people_decision *ret,
                                                  struct ov_error *err);

/*
 * At once, by one administrator: every certificate of the person or site is refused from here on,
 * and live sessions end within a second. "people.unknown", "people.suspended",
 * "people.last_administrator". Suspending oversight raises an alarm. reason_code: [a-z_]{1,40}.
 */
OV_CHECKED enum ov_status service_people_suspend(struct service *service, const struct actor *actor,
                                                 const struct people_target *target,
                                                 const char *reason_code, struct ov_error *err);
/* Takes one role away, at once. "people.not_held", "people.last_administrator". */
OV_CHECKED enum ov_status service_people_revoke(struct service *service, const struct actor *actor,
                                                const char *name, enum role role,
                                                const char *reason_code, struct ov_error *err);

/* By name. */
OV_CHECKED enum ov_status service_person_each(struct service *service, const struct actor *actor,
                                              const struct store_page *page,
                                              enum ov_status (*on_row)(void *ctx,
                                                                       const struct person_row *),
                                              void *ctx, struct ov_error *err);

/* Newest first; those too that are decided or expired where with_decided says so. */
OV_CHECKED enum ov_status
service_people_decision_each(struct service *service, const struct actor *actor, bool with_decided,
                             const struct store_page *page,
                             enum ov_status (*on_row)(void *ctx, const struct people_decision *),
                             void *ctx, struct ov_error *err);

#endif
