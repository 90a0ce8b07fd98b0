/* Inside the vault: what an open vault and a loaded key consist of. */
#ifndef OVERT_SERVER_VAULT_KEYS_H
#define OVERT_SERVER_VAULT_KEYS_H

#include <limits.h>

#include "server/vault/vault.h"

struct vault {
    char dir[PATH_MAX];
    struct ov_secret installation_key;
};

struct vault_key {
    enum vault_class class_id;
    struct ov_id owner;
    struct ov_secret key;
};

#endif
