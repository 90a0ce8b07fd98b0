/*
 * Who we are: a folder with cert.pem, key.pem (private) and ca.pem, as deploy/pki makes it.
 */
#ifndef OVERT_SERVER_CTL_IDENTITY_H
#define OVERT_SERVER_CTL_IDENTITY_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/status.h"

struct identity {
    char cert[PATH_MAX];
    char key[PATH_MAX];
    char ca[PATH_MAX];
    int64_t not_before_us; /* of the certificate */
    int64_t not_after_us;
};

/* Finds the three files, checks that the key is private and reads the certificate's dates. */
OV_CHECKED enum ov_status identity_open(const char *folder, struct identity *ret,
                                        struct ov_error *err);

#endif
