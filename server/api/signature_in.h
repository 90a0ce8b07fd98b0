/* {"statement":TEXT,"value":BASE64}: a signature that comes with an act, and what is to be signed.
 */
#ifndef OVERT_SERVER_API_SIGNATURE_IN_H
#define OVERT_SERVER_API_SIGNATURE_IN_H

#include <jansson.h>

#include "server/api/request.h"
#include "server/audit/event.h"
#include "server/service/signing.h"

struct signature_in {
    struct signature signature; /* borrows the statement from the JSON, the value from here */
    uint8_t value[SIGNATURE_VALUE_MAX];
};

/* member: the value of "signature", or NULL (then *ret_signature is NULL and the rules say that it
 * is missing). "signature.malformed" otherwise. */
OV_CHECKED enum ov_status signature_in_read(struct request *request, json_t *member,
                                            struct signature_in *in,
                                            const struct signature **ret_signature,
                                            struct ov_error *err);

/* A body that is {"signature":...} and nothing else. The caller decrefs the root, from which the
 * signature borrows, after a failure too. */
OV_CHECKED enum ov_status signature_in_body(struct request *request, struct signature_in *in,
                                            const struct signature **ret_signature,
                                            json_t **ret_root, struct ov_error *err);

#endif
