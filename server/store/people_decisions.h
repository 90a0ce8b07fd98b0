/* What widens somebody's rights: proposed by one administrator, confirmed by another. */
#ifndef OVERT_SERVER_STORE_PEOPLE_DECISIONS_H
#define OVERT_SERVER_STORE_PEOPLE_DECISIONS_H

#include "server/store/people.h"

enum people_decision_kind {
    PEOPLE_ADD_PERSON,
    PEOPLE_GRANT_ROLE,
    PEOPLE_ADD_IDENTITY,
    PEOPLE_REACTIVATE
};
#define PEOPLE_DECISION_KINDS 4
const char *people_decision_kind_name(int kind);

enum people_decision_state { PEOPLE_PROPOSED, PEOPLE_CONFIRMED, PEOPLE_WITHDRAWN };
const char *people_decision_state_name(int state);

struct people_decision {
    struct ov_id id;
    enum people_decision_kind kind;
    struct ov_id principal_id;      /* add_person: the id that the person will have */
    char name[PRINCIPAL_NAME_SIZE]; /* of whom it is about; for add_person the new one's */
    enum principal_kind about;      /* read only */
    unsigned roles;
    char uri[PRINCIPAL_URI_SIZE]; /* "" where none is added */
    struct ov_id proposed_by;
    int64_t proposed_at_us; /* these two are the database's */
    int64_t expires_at_us;
    enum people_decision_state state;
    struct ov_id decided_by;
    int64_t decided_at_us;
};

/* "people.not_administrator", "principal.exists", "principal.kind", "principal.unknown",
 * "people.active". */
OV_CHECKED enum ov_status store_people_propose(struct store *store,
                                               const struct people_decision *proposal,
                                               struct ov_error *err);
/* OV_ERR_NOT_FOUND "people.no_proposal". for_update: locks the row; then in a transaction only. */
OV_CHECKED enum ov_status store_people_decision_get(struct store *store, const struct ov_id *id,
                                                    bool for_update, struct people_decision *ret,
                                                    struct ov_error *err);
/*
 * Confirms or withdraws. The same transaction then does what was confirmed, or its commit fails.
 * "people.same_person", "people.expired", "people.decided", "people.not_administrator".
 */
OV_CHECKED enum ov_status store_people_decide(struct store *store, const struct ov_id *id,
                                              enum people_decision_state state,
                                              const struct ov_id *by, struct ov_error *err);
/* Newest first; decided ones too where with_decided says so. */
OV_CHECKED enum ov_status
store_people_decision_each(struct store *store, bool with_decided, const struct store_page *page,
                           enum ov_status (*on_row)(void *ctx, const struct people_decision *),
                           void *ctx, struct ov_error *err);

/* What is confirmed is done by these, and by store_principal_add and store_principal_set_active. */
OV_CHECKED enum ov_status store_principal_grant(struct store *store, const struct ov_id *id,
                                                unsigned roles, struct ov_error *err);
OV_CHECKED enum ov_status store_principal_add_identity(struct store *store, const struct ov_id *id,
                                                       const char *uri, struct ov_error *err);

#endif
