/* Principals (natural persons and sites), the certificate identities that map to them, and roles.
 */
#ifndef OVERT_SERVER_STORE_PEOPLE_H
#define OVERT_SERVER_STORE_PEOPLE_H

#include "server/store/store.h"

#define PRINCIPAL_NAME_SIZE 65
#define PRINCIPAL_URI_SIZE (sizeof("overt://person/") + PRINCIPAL_NAME_SIZE)

enum principal_kind { PRINCIPAL_PERSON, PRINCIPAL_SITE };

/* Roles are a set; a principal may hold several. Names as in DESIGN: "authorising_officer" ... */
enum role {
    ROLE_ADMINISTRATOR = 1 << 0,
    ROLE_APPLICANT = 1 << 1,
    ROLE_WATCHLIST_MANAGER = 1 << 2,
    ROLE_AUTHORISING_OFFICER = 1 << 3,
    ROLE_HIGHER_AUTHORITY = 1 << 4,
    ROLE_DEPLOYMENT_LEAD = 1 << 5,
    ROLE_ADJUDICATOR = 1 << 6,
    ROLE_ENGAGEMENT_OFFICER = 1 << 7,
    ROLE_SITE = 1 << 8,
    ROLE_DATA_PROTECTION = 1 << 9,
    ROLE_OVERSIGHT = 1 << 10
};
#define ROLE_COUNT 11
const char *role_name(enum role role);
/* 0 when there is no role of this name. */
unsigned role_by_name(const char *name);

struct principal {
    struct ov_id id;
    enum principal_kind kind;
    char name[PRINCIPAL_NAME_SIZE]; /* the NAME of its first identity; staff ids, not names */
    bool active;
    unsigned roles; /* enum role, or-ed */
};

/* uri: "overt://person/NAME" or "overt://site/NAME". OV_ERR_NOT_FOUND "principal.unknown". */
OV_CHECKED enum ov_status store_principal_by_identity(struct store *store, const char *uri,
                                                      struct principal *ret, struct ov_error *err);
OV_CHECKED enum ov_status store_principal_by_id(struct store *store, const struct ov_id *id,
                                                struct principal *ret, struct ov_error *err);
/* By the NAME of its first identity. OV_ERR_NOT_FOUND "principal.unknown". */
OV_CHECKED enum ov_status store_principal_by_name(struct store *store, enum principal_kind kind,
                                                  const char *name, struct principal *ret,
                                                  struct ov_error *err);
/* Inserts the principal with its roles and first identity. OV_ERR_EXISTS "principal.exists". A
 * person takes a decision confirmed in the same transaction (people_decisions.h):
 * "people.not_decided"; the first two, which one transaction makes, do not. */
OV_CHECKED enum ov_status store_principal_add(struct store *store,
                                              const struct principal *principal, const char *uri,
                                              struct ov_error *err);
/* Suspends, or (with a decision) reactivates; wakes the servers. "people.last_administrator". */
OV_CHECKED enum ov_status store_principal_set_active(struct store *store, const struct ov_id *id,
                                                     bool active, struct ov_error *err);
/* Takes a role away; wakes the servers. ret_held: whether it was held. */
OV_CHECKED enum ov_status store_principal_revoke(struct store *store, const struct ov_id *id,
                                                 enum role role, bool *ret_held,
                                                 struct ov_error *err);
/* Active persons of the role. */
OV_CHECKED enum ov_status store_principal_count_role(struct store *store, enum role role,
                                                     int64_t *ret_count, struct ov_error *err);

#define PRINCIPAL_IDENTITIES_TEXT 4096
struct person_row {
    struct principal principal;
    int64_t added_at_us;
    char identities[PRINCIPAL_IDENTITIES_TEXT]; /* URIs with blanks between them */
};
/* By name. */
OV_CHECKED enum ov_status store_person_each(struct store *store, const struct store_page *page,
                                            enum ov_status (*on_row)(void *ctx,
                                                                     const struct person_row *),
                                            void *ctx, struct ov_error *err);
OV_CHECKED enum ov_status store_principal_count(struct store *store, int64_t *ret_count,
                                                struct ov_error *err);

struct site {
    struct ov_id id;
    struct ov_id principal_id;
    char name[PRINCIPAL_NAME_SIZE];
    int64_t added_at_us;
};

OV_CHECKED enum ov_status store_site_add(struct store *store, const struct site *site,
                                         struct ov_error *err);
OV_CHECKED enum ov_status store_site_by_name(struct store *store, const char *name,
                                             struct site *ret, struct ov_error *err);
OV_CHECKED enum ov_status store_site_by_principal(struct store *store, const struct ov_id *id,
                                                  struct site *ret, struct ov_error *err);
OV_CHECKED enum ov_status
store_site_each(struct store *store, enum ov_status (*on_site)(void *ctx, const struct site *site),
                void *ctx, struct ov_error *err);
/* Decisions about which deployment is live at this site take turns until the transaction ends. Who
 * locks several takes them in the order of their ids. */
OV_CHECKED enum ov_status store_site_lock(struct store *store, const struct ov_id *id,
                                          struct ov_error *err);

/* By name. */
OV_CHECKED enum ov_status store_site_page(struct store *store, const struct store_page *page,
                                          enum ov_status (*on_site)(void *ctx,
                                                                    const struct site *site),
                                          void *ctx, struct ov_error *err);

#endif
