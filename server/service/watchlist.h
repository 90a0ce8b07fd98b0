/* Watchlists: an entry is proposed by one person and approved by another. */
#ifndef OVERT_SERVER_SERVICE_WATCHLIST_H
#define OVERT_SERVER_SERVICE_WATCHLIST_H

#include "common/base/secret.h"
#include "server/audit/event.h"
#include "server/store/watchlists.h"

struct service;

struct watchlist_proposal {
    const char *category;  /* one of the permitted ones, see service_categories() */
    const char *response;  /* "immediate", "arrest", "identify" or "safeguarding" */
    const char *name;      /* of the subject */
    const char *reference; /* the force's own id of the subject */
    const void *jpeg;
    size_t jpeg_bytes;
    /* NULL where it is not given; entry_fields.h says what each may be and when it is needed. */
    const char *priority;
    const char *justification;
    const char *legal_basis;
    const char *image_source;
    const char *image_date;
    const char *birth_date;
    const char *expiry;
    const char *consent_digest;
    const char *override; /* why the image is taken against a check */
};
struct watchlist_added {
    struct ov_id entry_id;
    int images; /* of the entry, this one included */
    enum entry_state state;
    bool is_same; /* the entry has this very photograph: nothing was added */
    bool pending; /* the image waits for a second person */
};
/* Embeds, checks (no face, several faces, quality: codes "watchlist.no_face",
 * "watchlist.several_faces", "watchlist.quality"), seals, stores as proposed. Another image of a
 * reference that is listed already becomes a further image of that entry; the same image again
 * changes nothing. */
OV_CHECKED enum ov_status service_watchlist_propose(
    struct service *service, const struct actor *actor, const struct ov_id *deployment_id,
    const struct watchlist_proposal *proposal, struct watchlist_added *ret, struct ov_error *err);
/* One entry, which this person has opened. Many at once: approval.h. */
OV_CHECKED enum ov_status service_watchlist_approve(struct service *service,
                                                    const struct actor *actor,
                                                    const struct ov_id *deployment_id,
                                                    const struct ov_id *entry_id,
                                                    struct ov_error *err);
OV_CHECKED enum ov_status service_watchlist_remove(struct service *service,
                                                   const struct actor *actor,
                                                   const struct ov_id *deployment_id,
                                                   const struct ov_id *entry_id,
                                                   struct ov_error *err);
const char *const *service_categories(void); /* NULL-terminated codes */
const char *const *service_responses(void);

/* An entry with its name and reference opened, for those who may see them. */
struct watchlist_view {
    struct watchlist_entry entry; /* its sealed fields are empty */
    struct ov_secret name;
    struct ov_secret reference;
    struct ov_secret justification; /* empty where none was given */
    struct ov_secret birth_date;    /* likewise */
};
OV_CHECKED enum ov_status
service_watchlist_each(struct service *service, const struct actor *actor,
                       const struct ov_id *deployment_id, const struct ov_id *after, int limit,
                       enum ov_status (*on_row)(void *ctx, const struct watchlist_view *),
                       void *ctx, struct ov_error *err);

/* How many entries, by state: numbers only, so whoever may see the deployment may see them. */
OV_CHECKED enum ov_status service_watchlist_counts(struct service *service,
                                                   const struct actor *actor,
                                                   const struct ov_id *deployment_id,
                                                   struct watchlist_counts *ret,
                                                   struct ov_error *err);

#endif
