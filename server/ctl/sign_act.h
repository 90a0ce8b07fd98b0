/* A signed act at the command line: check what the server gives to be signed, ask, sign. */
#ifndef OVERT_SERVER_CTL_SIGN_ACT_H
#define OVERT_SERVER_CTL_SIGN_ACT_H

#include <jansson.h>

#include "server/ctl/ctl.h"

/* question: asked with the statement before it. The signature is for the request's member
 * "signature"; the caller's. The documents have been checked against the statement by then. */
OV_CHECKED enum ctl_exit sign_act(struct ctl *ctl, json_t *to_sign, const char *question,
                                  json_t **ret_signature, struct ov_error *err);

#endif
