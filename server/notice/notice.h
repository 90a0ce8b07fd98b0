/*
 * The public notice of a deployment, from the facts of its application: a page, a sign (A3) and a
 * leaflet (A4, folded once). Each is one HTML file without scripts or outside resources; the force
 * hosts the page and prints the others.
 *
 * The same facts give the same bytes. What the notice says of faces is what the code does; what it
 * says of reasons, people and contacts is the application's own text. Any thread.
 */
#ifndef OVERT_SERVER_NOTICE_NOTICE_H
#define OVERT_SERVER_NOTICE_NOTICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/bytes.h"
#include "common/base/id.h"
#include "common/base/status.h"

enum notice_part { NOTICE_PAGE, NOTICE_SIGN, NOTICE_LEAFLET };
#define NOTICE_PART_COUNT 3
const char *notice_part_name(enum notice_part part); /* "page", "sign", "leaflet" */

#define NOTICE_URL_MAX ((size_t)300)

/* All borrowed. Texts are UTF-8 of one or more lines; NULL or "": not said. */
struct notice_facts {
    struct ov_id deployment_id;
    const char *name;
    bool exercise;
    const char *operator_name; /* who runs it */
    const char *place;
    const char *purpose;
    const char *legal_basis;
    const char *necessity;
    const char *criteria; /* by which people are listed */
    const char *contact;
    const char *complaints;
    const char *url; /* where the page will be; see notice_url_valid */
    int64_t starts_at_us;
    int64_t ends_at_us;
    int starts_offset_s; /* local time minus UTC, at the start and at the end */
    int ends_offset_s;
    size_t category_count; /* 0: any that the policy permits */
    const char *const *categories;
    int cameras;          /* 0: not said */
    int expected_entries; /* 0: not said */
    int retention_watchlist_h;
    int retention_alert_h;
    int retention_true_alert_h;
};

/* https://, printable ASCII without blanks, quotes and angle brackets, at most NOTICE_URL_MAX. */
bool notice_url_valid(const char *url);

/* Appends the part's HTML, lines ending in \n, no other control characters. "notice.url" when there
 * is a URL that is none. */
OV_CHECKED enum ov_status notice_render(enum notice_part part, const struct notice_facts *facts,
                                        struct ov_buf *out, struct ov_error *err);

#endif
