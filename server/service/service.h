/*
 * The rules: who may do what to a deployment, a watchlist or an alert, and what is recorded of it.
 *
 * Every act checks the caller's role (permissions.h), the input (check_*), the state, then does the
 * act and its audit event in one transaction. Nothing here knows SQL, sockets or JSON. A service
 * belongs to one worker thread; calls block.
 */
#ifndef OVERT_SERVER_SERVICE_SERVICE_H
#define OVERT_SERVER_SERVICE_SERVICE_H

#include "common/base/clock.h"
#include "common/face/face.h"
#include "server/audit/event.h"
#include "server/store/alerts.h"
#include "server/store/deployments.h"
#include "server/store/people.h"
#include "server/store/watchlists.h"
#include "server/vault/vault.h"

/* What the rules work with; all borrowed, and this thread's own (store, faces) or shared and
 * thread-safe (vault, clock). */
struct service {
    struct store *store;
    struct vault *vault;
    struct ov_face_engine *faces; /* NULL where nothing is embedded */
    const struct ov_clock *clock;
};

/* bootstrap.c: the first two administrators, "overtd bootstrap". Refused when a principal exists
 * ("bootstrap.done"). Each gets every role of a person; separations compare persons. */
OV_CHECKED enum ov_status service_bootstrap(struct service *service, const char *first_name,
                                            const char *second_name, struct ov_error *err);

/* people.c. Resolves the identity of a verified certificate to an active principal. */
OV_CHECKED enum ov_status service_identify(struct service *service, const char *uri,
                                           const char *serial, struct actor *ret_actor,
                                           struct ov_error *err);
OV_CHECKED enum ov_status service_site_add(struct service *service, const struct actor *actor,
                                           const char *name, struct site *ret_site,
                                           struct ov_error *err);

OV_CHECKED enum ov_status service_site_each(struct service *service, const struct actor *actor,
                                            enum ov_status (*on_site)(void *ctx,
                                                                      const struct site *site),
                                            void *ctx, struct ov_error *err);
/* A principal's name (a staff id or a site's name), for showing who did something. */
OV_CHECKED enum ov_status service_principal_name(struct service *service, const struct ov_id *id,
                                                 char ret_name[PRINCIPAL_NAME_SIZE],
                                                 struct ov_error *err);

/* deployments.c */
struct deployment_application {
    const char *name;
    const char *purpose;
    enum deployment_kind kind;
    int64_t starts_at_us; /* 0: now */
    int64_t ends_at_us;   /* 0: eight hours after the start */
    float threshold;      /* 0: the default */
    int cool_down_s;      /* -1: the default */
    int min_face_px;      /* 0: the default */
    size_t site_count;    /* 1 .. DEPLOYMENT_SITES_MAX */
    const char *const *site_names;
};
OV_CHECKED enum ov_status
service_deployment_create(struct service *service, const struct actor *actor,
                          const struct deployment_application *application, struct deployment *ret,
                          struct ov_error *err);
/* By another person than the applicant: authorises and goes live. Needs an approved entry. */
OV_CHECKED enum ov_status service_deployment_start(struct service *service,
                                                   const struct actor *actor,
                                                   const struct ov_id *id, struct deployment *ret,
                                                   struct ov_error *err);
/* The kill switch. Any person with a role in it may stop a deployment; it cannot be started again.
 * One that has not started yet is cancelled by it. reason_code: [a-z_]{1,40}. */
OV_CHECKED enum ov_status service_deployment_stop(struct service *service,
                                                  const struct actor *actor, const struct ov_id *id,
                                                  const char *reason_code, struct deployment *ret,
                                                  struct ov_error *err);
/* The keeper's: closes what is past its window. */
OV_CHECKED enum ov_status service_deployments_close_ended(struct service *service,
                                                          struct ov_error *err);
/* The keeper's, now and then: cancels what was never started and is past its window, so that its
 * watchlist is erased too. */
OV_CHECKED enum ov_status service_deployments_cancel_lapsed(struct service *service,
                                                            struct ov_error *err);
/* Newest first. */
OV_CHECKED enum ov_status
service_deployment_each(struct service *service, const struct actor *actor,
                        enum ov_status (*on_row)(void *ctx, const struct deployment *), void *ctx,
                        struct ov_error *err);
/* How many entries, by state: numbers only, so whoever may see the deployment may see them. */
OV_CHECKED enum ov_status service_watchlist_counts(struct service *service,
                                                   const struct actor *actor,
                                                   const struct ov_id *deployment_id,
                                                   struct watchlist_counts *ret,
                                                   struct ov_error *err);
/* By id or, when text is no id, by name. */
OV_CHECKED enum ov_status service_deployment_find(struct service *service,
                                                  const struct actor *actor, const char *id_or_name,
                                                  struct deployment *ret, struct ov_error *err);

/* watchlist.c */
struct watchlist_proposal {
    const char *category;  /* one of the permitted ones, see service_categories() */
    const char *response;  /* "immediate", "arrest", "identify" or "safeguarding" */
    const char *name;      /* of the subject */
    const char *reference; /* the force's own id of the subject */
    const void *jpeg;
    size_t jpeg_bytes;
};
/* Embeds, checks (no face, several faces, quality: codes "watchlist.no_face",
 * "watchlist.several_faces", "watchlist.quality"), seals, stores as proposed. Another image of a
 * reference that is listed already becomes a further image of that entry. */
OV_CHECKED enum ov_status service_watchlist_add(struct service *service, const struct actor *actor,
                                                const struct ov_id *deployment_id,
                                                const struct watchlist_proposal *proposal,
                                                struct ov_id *ret_entry_id, struct ov_error *err);
/* The same, telling also how many images the entry has now. */
struct watchlist_added {
    struct ov_id entry_id;
    int images;
};
OV_CHECKED enum ov_status service_watchlist_propose(
    struct service *service, const struct actor *actor, const struct ov_id *deployment_id,
    const struct watchlist_proposal *proposal, struct watchlist_added *ret, struct ov_error *err);
/* entry_id NULL: all that are proposed and were added by others. After a failure ret_approved tells
 * how many were approved before it. */
OV_CHECKED enum ov_status service_watchlist_approve(struct service *service,
                                                    const struct actor *actor,
                                                    const struct ov_id *deployment_id,
                                                    const struct ov_id *entry_id,
                                                    int64_t *ret_approved, struct ov_error *err);
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
};
OV_CHECKED enum ov_status
service_watchlist_each(struct service *service, const struct actor *actor,
                       const struct ov_id *deployment_id, const struct ov_id *after, int limit,
                       enum ov_status (*on_row)(void *ctx, const struct watchlist_view *),
                       void *ctx, struct ov_error *err);

/* alerts.c */
struct alert_view {
    struct alert_row row; /* its sealed fields are empty */
    struct ov_secret name;
    struct ov_secret reference;
};
OV_CHECKED enum ov_status
service_alert_each(struct service *service, const struct actor *actor,
                   const struct ov_id *deployment_id, int64_t after_feed, int limit,
                   enum ov_status (*on_row)(void *ctx, const struct alert_view *), void *ctx,
                   struct ov_error *err);

#endif
