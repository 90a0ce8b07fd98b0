/*
 * "Was I on a list?": asked by data protection for a request somebody made to the force, confirmed
 * by a second person who gives the same reference again, answered once, on the record, at most 20
 * times a day.
 *
 * Nothing of a reference is kept. Until the answer there is a commitment under the ledger's key
 * that no two queries have in common; afterwards not even that. Whoever holds the ledger's key can
 * try references against the ledger all the same: keep it apart.
 */
#ifndef OVERT_SERVER_SERVICE_MEMBERSHIP_H
#define OVERT_SERVER_SERVICE_MEMBERSHIP_H

#include "server/audit/event.h"
#include "server/store/membership.h"

struct service;

struct membership_question {
    const char *request_number; /* of the request made to the force */
    const char *deployment;     /* id or name; NULL: about a day */
    int32_t day;                /* days since 1970-01-01 in UTC */
    const char *reference;      /* the force's own id of the subject */
};
/* "membership.request", "membership.reference", "membership.limit", "deployment.unknown". */
OV_CHECKED enum ov_status service_membership_ask(struct service *service, const struct actor *actor,
                                                 const struct membership_question *question,
                                                 struct membership_query *ret,
                                                 struct ov_error *err);

/*
 * By another person ("membership.same_person") who gives the reference as well
 * ("membership.differs"; the third time the query is over). on_list gets each list that the subject
 * was on within what was asked, once: the answer is kept nowhere.
 */
OV_CHECKED enum ov_status
service_membership_confirm(struct service *service, const struct actor *actor,
                           const struct ov_id *id, const char *reference,
                           enum ov_status (*on_list)(void *ctx, const struct membership *),
                           void *ctx, struct membership_query *ret, struct ov_error *err);
OV_CHECKED enum ov_status service_membership_withdraw(struct service *service,
                                                      const struct actor *actor,
                                                      const struct ov_id *id, struct ov_error *err);

/* Newest first; to those who confirm. */
OV_CHECKED enum ov_status
service_membership_each(struct service *service, const struct actor *actor,
                        const struct store_page *page,
                        enum ov_status (*on_row)(void *ctx, const struct membership_query *),
                        void *ctx, struct ov_error *err);

/* The keeper's: what nobody confirmed within a day is over, and its commitment gone. */
OV_CHECKED enum ov_status service_membership_lapse(struct service *service, struct ov_error *err);

#endif
