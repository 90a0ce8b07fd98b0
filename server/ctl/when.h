/*
 * Times for people: the local zone by name, and how long ago. The server speaks UTC only; here is
 * where that ends. Callers have called tzset() (main does).
 */
#ifndef OVERT_SERVER_CTL_WHEN_H
#define OVERT_SERVER_CTL_WHEN_H

#include <stdint.h>

#include "common/base/status.h"

#define WHEN_TEXT_SIZE 96

/* "3 s ago", "in 2 h", "now"; returns out (WHEN_TEXT_SIZE). */
const char *when_age(int64_t utc_us, int64_t now_us, char *out);

/* "2026-05-01 13:00:00 BST (3 s ago)" from the server's ISO 8601; "-" for NULL or what is no
 * time. */
const char *when_show(const char *iso, int64_t now_us, char *out);

/* "13:00:00 BST" for a line of a running list. */
const char *when_clock(const char *iso, char *out);

/* "1 d 2 h", "3 min 5 s". */
const char *when_duration(int64_t seconds, char *out);

/*
 * What people type: ISO 8601 with a zone ("2026-05-01T12:00Z"), or "YYYY-MM-DD HH:MM[:SS]" (a T
 * for the space is fine) in the local zone, where an hour that the clocks skip is refused.
 */
OV_CHECKED enum ov_status when_parse(const char *text, int64_t *ret_utc_us);

#endif
