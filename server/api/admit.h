/* From what evhttp received to a request for a worker. On the loop's thread. */
#ifndef OVERT_SERVER_API_ADMIT_H
#define OVERT_SERVER_API_ADMIT_H

#include <event2/http.h>
#include <openssl/ssl.h>

#include "server/api/route.h"

/* Who, what, where and how much: fills request, or says why it is refused. */
OV_CHECKED enum ov_status admit(struct request *request, struct evhttp_request *http, SSL *ssl,
                                struct ov_error *err);

#endif
