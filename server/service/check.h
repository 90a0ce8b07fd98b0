/*
 * What the rules demand of an input before anything is looked up: pure functions. Private to
 * service/, and to its tests.
 */
#ifndef OVERT_SERVER_SERVICE_CHECK_H
#define OVERT_SERVER_SERVICE_CHECK_H

#include "common/base/clock.h"
#include "common/face/face.h"
#include "server/service/deployments.h"
#include "server/service/watchlist.h"

/* The authorised window is short, so that a deployment cannot become a standing camera. */
#define DEPLOYMENT_WINDOW_MAX_US (INT64_C(12) * 3600 * OV_US_PER_S)
#define DEPLOYMENT_WINDOW_DEFAULT_US (INT64_C(8) * 3600 * OV_US_PER_S)
/* Nobody can say a year ahead that a search will be necessary and proportionate. */
#define DEPLOYMENT_AHEAD_MAX_US (INT64_C(92) * 24 * 3600 * OV_US_PER_S)

/*
 * Below 0.2 the default pack's scores of different people overlap those of the same person so much
 * that an alert says nothing; above 0.95 only the same photograph reaches it.
 *
 * The default is the default pack's: 5,748 people listed with one news photograph each and 7,484
 * other photographs as probes, at 0.535 nine in ten of those who are listed are found (90.1 %)
 * while one in a hundred of those who are not raises an alert. Another pack has other scores.
 */
#define DEPLOYMENT_THRESHOLD_MIN 0.2f
#define DEPLOYMENT_THRESHOLD_MAX 0.95f
#define DEPLOYMENT_THRESHOLD_DEFAULT 0.53f

#define DEPLOYMENT_COOL_DOWN_MAX_S 3600
#define DEPLOYMENT_COOL_DOWN_DEFAULT_S 60
/* The default pack's detector finds nearly no face under 16 px; the default leaves a margin. */
#define DEPLOYMENT_MIN_FACE_LOWEST_PX 16
#define DEPLOYMENT_MIN_FACE_HIGHEST_PX 512
#define DEPLOYMENT_MIN_FACE_DEFAULT_PX 40

#define DEPLOYMENT_RETENTION_WATCHLIST_DEFAULT_H 24
#define DEPLOYMENT_RETENTION_ALERT_DEFAULT_H 24
#define DEPLOYMENT_RETENTION_TRUE_ALERT_DEFAULT_H 744

#define WATCHLIST_TEXT_MAX_BYTES 200
#define WATCHLIST_JPEG_MAX_BYTES ((size_t)16 * 1024 * 1024)
/* Of a list, in any state: a bespoke list is no copy of a database, and up to this size the search
 * is exact. */
#define WATCHLIST_ENTRIES_MAX 20000

/* The NAME of an identity, as in certificates: a-z, 0-9 and '-', 1 to 64. code: of the error. */
OV_CHECKED enum ov_status check_identity_name(const char *name, const char *code,
                                              struct ov_error *err);

/* Fills in the defaults that application left open; ret borrows its pointers. */
OV_CHECKED enum ov_status check_application(const struct deployment_application *application,
                                            int64_t now_us, struct deployment_application *ret,
                                            struct ov_error *err);

/* Free text of several lines, or NULL; code: of the error. */
OV_CHECKED enum ov_status check_lines(const char *text, const char *code, struct ov_error *err);

/* The same, but it has to be there and say something; what: "why it is necessary", as in the
 * error's sentence. */
OV_CHECKED enum ov_status check_why(const char *text, const char *code, const char *what,
                                    struct ov_error *err);

/* 1 to 40 of [a-z_]. */
OV_CHECKED enum ov_status check_reason(const char *code, struct ov_error *err);

/* All but the image itself. */
OV_CHECKED enum ov_status check_proposal(const struct watchlist_proposal *proposal,
                                         struct ov_error *err);

/* How many of the faces count as people in the picture: the largest, and each at least a third as
 * wide. Smaller ones are passers-by in the background. faces: largest first. */
size_t check_face_count(const struct ov_face_list *faces);

#endif
