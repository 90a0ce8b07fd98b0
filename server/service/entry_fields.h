/*
 * What is said of a watchlist entry, checked and read: one file for every way in which entries come
 * (one by one, or many from a file). Pure; any thread.
 *
 * A text that is NULL was not given. An operational deployment asks for every field; an exercise
 * asks for category, response, name and reference, and takes the defaults below for the rest.
 */
#ifndef OVERT_SERVER_SERVICE_ENTRY_FIELDS_H
#define OVERT_SERVER_SERVICE_ENTRY_FIELDS_H

#include "common/base/clock.h"
#include "server/store/deployments.h"
#include "server/store/watchlists.h"

#define WATCHLIST_JUSTIFICATION_MAX_BYTES 2000
struct watchlist_proposal;

/* By what they are judged. */
struct entry_rules {
    enum deployment_kind kind;
    int64_t now_us;
    int old_image_years;   /* an older image is flagged */
    int minor_below_years; /* younger needs the higher authority */
};

struct entry_fields {
    int priority; /* 1 high, 2 normal (default), 3 low */
    char legal_basis[WATCHLIST_CODE_SIZE];
    char image_source[WATCHLIST_CODE_SIZE];
    int64_t image_taken_at_us; /* midnight UTC of that day; 0: unknown */
    int image_age_days;        /* -1: unknown */
    bool old_image;
    bool under_18;
    bool birth_unknown;
    bool has_birth_date;
    int64_t expires_at_us; /* 0: with the deployment (default of an exercise) */
    bool is_blue_list;
    uint8_t consent_digest[OV_DIGEST_BYTES];
};

/*
 * Codes are "watchlist." and the field's name: OV_ERR_INVALID "watchlist.priority" and so on; also
 * for a field that is missing in an operational deployment.
 */
OV_CHECKED enum ov_status entry_fields_read(const struct watchlist_proposal *proposal,
                                            const struct entry_rules *rules,
                                            struct entry_fields *ret, struct ov_error *err);

/* NULL-terminated codes: why an image is taken against a check: of its quality, or of its likeness
 * to the others. */
const char *const *service_quality_overrides(void);
const char *const *service_likeness_overrides(void);

/* Whether text is among the codes; false for NULL. */
bool entry_code_is(const char *const *codes, const char *text);

/* "YYYY-MM-DD", a day there is, from 1900 on: midnight UTC. */
OV_CHECKED enum ov_status entry_date_parse(const char *text, int64_t *ret_utc_us);

#endif
