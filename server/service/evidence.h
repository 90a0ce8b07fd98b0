/*
 * Evidence: one alert kept past its time, for a complaint or for proceedings, by a decision of two
 * persons, until its review date; and the only export there is, of such an alert, to one named
 * recipient. What is kept cannot be searched: by then nothing of it is a descriptor.
 */
#ifndef OVERT_SERVER_SERVICE_EVIDENCE_H
#define OVERT_SERVER_SERVICE_EVIDENCE_H

#include "common/base/secret.h"
#include "server/audit/event.h"
#include "server/store/evidence.h"

struct service;

struct evidence_view {
    struct evidence_hold hold; /* its sealed field is empty */
    struct ov_secret number;   /* of the case or complaint; empty once the alert's key is gone */
};

struct evidence_proposal {
    struct ov_id alert_id;
    const char *kind;       /* "proceedings", "complaint" */
    const char *brought_by; /* "subject", "other" */
    const char *number;     /* 1 to 64 of A-Z a-z 0-9 . / _ - and blank */
    int64_t review_at_us;   /* at most as far ahead as the policy says */
};
/* By an authorising officer. Holds nothing until it is confirmed. ret's number stays empty. */
OV_CHECKED enum ov_status service_evidence_propose(struct service *service,
                                                   const struct actor *actor,
                                                   const struct evidence_proposal *proposal,
                                                   struct evidence_view *ret, struct ov_error *err);
/* Proposes a later review date for a hold that is in force. */
OV_CHECKED enum ov_status service_evidence_renew(struct service *service, const struct actor *actor,
                                                 const struct ov_id *hold_id, int64_t review_at_us,
                                                 struct evidence_view *ret, struct ov_error *err);
/* By another person than who proposed: the hold, or its renewal, is in force. */
OV_CHECKED enum ov_status service_evidence_confirm(struct service *service,
                                                   const struct actor *actor,
                                                   const struct ov_id *hold_id,
                                                   struct evidence_view *ret, struct ov_error *err);
/* Ends it early: the alert's own clock applies again. */
OV_CHECKED enum ov_status service_evidence_release(struct service *service,
                                                   const struct actor *actor,
                                                   const struct ov_id *hold_id,
                                                   struct evidence_view *ret, struct ov_error *err);
/* Newest first, with numbers, for who may confirm; recorded as viewed. after may be NULL. */
OV_CHECKED enum ov_status
service_evidence_each(struct service *service, const struct actor *actor, const struct ov_id *after,
                      int limit, enum ov_status (*on_row)(void *ctx, const struct evidence_view *),
                      void *ctx, struct ov_error *err);

/*
 * The alert of a hold that is in force: pictures, name and reference and a manifest of what was
 * done under which authority, in one file sealed to the recipient's certificate (README.md has its
 * form).
 */
OV_CHECKED enum ov_status service_evidence_export(struct service *service,
                                                  const struct actor *actor,
                                                  const struct ov_id *hold_id,
                                                  const char *recipient_pem, size_t pem_bytes,
                                                  struct ov_secret *ret_file, struct ov_error *err);

/* The keeper's: ends holds that were not renewed, and proposals whose alert or term is over. */
OV_CHECKED enum ov_status service_evidence_lapse(struct service *service, struct ov_error *err);

#endif
