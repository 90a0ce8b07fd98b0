/*
 * HTTPS requests: the only file that speaks to libcurl is http.c.
 *
 * TLS 1.3, our certificate, the one authority of the identity folder and no other, HTTP/1.1, no
 * redirects, no proxy whatever the environment says. A connection belongs to one thread. All of
 * libcurl's and jansson's memory is wiped when it is freed (http_library_init).
 */
#ifndef OVERT_SERVER_CTL_HTTP_H
#define OVERT_SERVER_CTL_HTTP_H

#include <stddef.h>

#include "common/base/bytes.h"
#include "common/base/status.h"
#include "server/ctl/identity.h"

struct http;

struct http_options {
    char host[256]; /* a name, an IPv4 address, or an IPv6 address without brackets */
    int port;
    const char *identity_folder;
    int interrupt_fd; /* INTERRUPT_NONE, or what ends a running request at once */
};

struct http_request {
    const char *method;       /* "GET", "POST", "PATCH" or "DELETE" */
    const char *path;         /* with its query, percent-encoded */
    const char *content_type; /* NULL without a body */
    const void *body;
    size_t body_bytes;
    const char *entry; /* value of the Overt-Entry header; NULL: none */
    const char *key;   /* value of the Idempotency-Key header; NULL: none */
    int timeout_s;     /* for all of it, once connected */
};

struct http_response {
    long status;
    struct ov_buf body; /* freed by the caller, after a failure too */
};

/* Once, at start, before threads. */
OV_CHECKED enum ov_status http_library_init(struct ov_error *err);
void http_library_done(void);

/* "HOST", "HOST:PORT", "[IPV6]:PORT"; OV_ERR_INVALID otherwise. */
OV_CHECKED enum ov_status http_server_parse(const char *text, struct http_options *options);

OV_CHECKED enum ov_status http_new(const struct http_options *options, struct http **ret_http,
                                   struct ov_error *err);
/* Takes NULL. */
void http_free(struct http *http);

const struct identity *http_identity(const struct http *http);

/*
 * OV_OK: the server answered, with whatever status. Otherwise:
 *   OV_ERR_UNAVAILABLE  the request never got there; sending it again is harmless
 *   OV_ERR_TIMEOUT, OV_ERR_CLOSED  it was under way: whether it was done is unknown
 *   OV_ERR_CRYPTO       no trust between the two; err says on whose side
 *   OV_ERR_LIMIT, OV_ERR_PROTOCOL  an answer that is none
 *   OV_ERR_STATE "interrupted"
 */
OV_CHECKED enum ov_status http_send(struct http *http, const struct http_request *request,
                                    struct http_response *ret_response, struct ov_error *err);

#endif
