/*
 * Creating requests with an Idempotency-Key: the same request again, after an answer that got lost,
 * gets the same answer and is not done twice. On a worker's thread; the rules are in
 * service/once.h.
 */
#ifndef OVERT_SERVER_API_REPEAT_H
#define OVERT_SERVER_API_REPEAT_H

#include "server/api/route.h"

/* Runs the handler of a request with a key, or gives the answer it had before. */
OV_CHECKED enum ov_status repeat_run(struct call *call, struct service *service,
                                     struct ov_error *err);

#endif
