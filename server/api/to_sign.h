/* What the API gives to be signed: {"statement":TEXT,"documents":[{"kind","digest","body"}]}. */
#ifndef OVERT_SERVER_API_TO_SIGN_H
#define OVERT_SERVER_API_TO_SIGN_H

#include <jansson.h>

#include "server/api/request.h"
#include "server/service/policy.h"

/* One document, of this kind. takes to_sign's document, on every path. */
OV_CHECKED enum ov_status to_sign_reply(struct request *request, const char *kind,
                                        struct to_sign *take_to_sign, struct ov_error *err);

#endif
