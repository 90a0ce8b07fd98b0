/*
 * Why a connection failed, as a sentence: which side distrusts which, and what to do about it.
 * Pure, so that each case is tested without a network.
 */
#ifndef OVERT_SERVER_CTL_HTTP_EXPLAIN_H
#define OVERT_SERVER_CTL_HTTP_EXPLAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/status.h"
#include "server/ctl/identity.h"

enum http_trouble {
    TROUBLE_NAME,        /* the host's name leads nowhere */
    TROUBLE_CONNECT,     /* nobody answers there */
    TROUBLE_HANDSHAKE,   /* TLS ended before it was agreed */
    TROUBLE_SERVER_CERT, /* we do not accept theirs: see verify_result */
    TROUBLE_OWN_FILES,   /* certificate, key or ca.pem cannot be used */
    TROUBLE_TIMEOUT,
    TROUBLE_LOST /* the connection ended under way */
};

struct http_failure {
    enum http_trouble trouble;
    const char *host;
    int port;
    bool was_sent;      /* the request may have reached the server */
    int alert;          /* TLS alert that the server sent (RFC 8446, 6.2); -1: none */
    long verify_result; /* X509_V_ERR_*; 0: the chain is fine */
    const char *detail; /* libcurl's own words */
    const struct identity *identity;
    int64_t now_us;
};

/* Fills err and returns its status, as http_send documents them. */
enum ov_status http_explain(const struct http_failure *failure, struct ov_error *err);

#endif
