/* Reads the vault beside the server; makes nothing in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/integration/harness/turned.h"

struct rotation *turned_rotation(struct world *world, const struct ov_id *deployment)
{
    char dir[PATH_MAX];
    struct vault *vault = NULL;
    struct vault_key *key = NULL;
    struct rotation *rotation = NULL;
    (void)snprintf(dir, sizeof(dir), "%s", world_path(world, "vault"));
    assert_int_equal(vault_open(dir, world_path(world, "installation.key"), &vault, NULL), OV_OK);
    assert_int_equal(vault_key_load(vault, VAULT_WATCHLIST, deployment, &key, NULL), OV_OK);
    assert_int_equal(vault_rotation(vault, key, PEER_DIMENSION, &rotation, NULL), OV_OK);
    vault_key_free(key);
    vault_close(vault);
    return rotation;
}
