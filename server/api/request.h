/*
 * One HTTP request on its way from the loop to a worker and back, as plain C. Nothing here knows
 * libevent. A request has one owner at a time: the loop until it is queued, then a worker, then the
 * loop again.
 */
#ifndef OVERT_SERVER_API_REQUEST_H
#define OVERT_SERVER_API_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/base/id.h"
#include "common/base/secret.h"
#include "common/base/status.h"
#include "common/net/tls.h"

#define REQUEST_SEGMENTS_MAX 8
#define REQUEST_QUERY_MAX 4
#define REQUEST_TEXT_MAX 256 /* of one decoded segment or query value, with NUL */
#define REQUEST_FIELD_SIZE 48

enum request_method { METHOD_GET, METHOD_POST, METHOD_DELETE, METHOD_PATCH, METHOD_OTHER };
const char *request_method_name(enum request_method method);

struct request_query {
    char name[32];
    char value[REQUEST_TEXT_MAX];
};

struct reply {
    int status;               /* HTTP; 0 until there is one */
    struct ov_secret body;    /* empty for 204 */
    const char *content_type; /* NULL: JSON; else a constant */
    bool wait;                /* nothing to say yet: ask again later */
};

struct route;

struct request {
    struct ov_id id;
    enum request_method method;
    const struct route *route; /* NULL when no path matched */
    size_t segment_count;
    char segments[REQUEST_SEGMENTS_MAX][REQUEST_TEXT_MAX]; /* of the path, decoded */
    size_t query_count;
    struct request_query query[REQUEST_QUERY_MAX];
    struct ov_secret body;
    bool has_key;
    struct ov_id key;               /* the value of Idempotency-Key */
    bool repeated;                  /* the reply is that to an earlier request of this key */
    struct ov_secret entry_header;  /* the value of Overt-Entry, NUL-terminated */
    struct ov_peer peer;            /* whose certificate */
    struct ov_id principal_id;      /* zero until identified */
    char field[REQUEST_FIELD_SIZE]; /* which member of the input an error is about */
    bool ends_connection; /* what follows on the connection cannot be trusted to be a request */
    struct reply reply;

    int64_t started_us;    /* monotonic */
    int64_t wait_until_us; /* monotonic; 0 until the first try of a waiting request */
    bool last_try;         /* answer now, even with nothing */
    void *http;            /* the loop's own */
    TAILQ_ENTRY(request) waiting;
};
TAILQ_HEAD(request_list, request);

/* NULL when memory is out. */
struct request *request_new(void);
/* Wipes what it holds. Takes NULL. */
void request_free(struct request *request);

/*
 * Splits and decodes "/v1/a%20b?name=value". Refused ("request.path", "request.query"): no leading
 * slash, a wrong or forbidden escape, anything but clean UTF-8, too many or too long parts, a
 * parameter that is there twice.
 */
OV_CHECKED enum ov_status request_parse_target(struct request *request, const char *target,
                                               struct ov_error *err);

/* The value of a query parameter, or NULL. */
const char *request_query_value(const struct request *request, const char *name);
/* Every query parameter is one of these (NULL-terminated); "request.unknown_parameter" otherwise.
 */
OV_CHECKED enum ov_status request_check_query(struct request *request, const char *const *allowed,
                                              struct ov_error *err);
/* A whole number from the query, or fallback when it is not there. */
OV_CHECKED enum ov_status request_query_i64(struct request *request, const char *name, int64_t min,
                                            int64_t max, int64_t fallback, int64_t *ret,
                                            struct ov_error *err);

/* base64url without padding (RFC 4648 section 5); "request.entry_header" otherwise. */
OV_CHECKED enum ov_status request_base64url(const char *text, size_t max_bytes,
                                            struct ov_secret *ret, struct ov_error *err);

#endif
