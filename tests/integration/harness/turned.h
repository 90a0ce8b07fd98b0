/* A deployment's rotation, as its server has it: derived from the key in the world's vault. */
#ifndef OVERT_TESTS_HARNESS_TURNED_H
#define OVERT_TESTS_HARNESS_TURNED_H

#include "server/vault/rotation.h"
#include "tests/integration/harness/peer.h"
#include "tests/integration/harness/world.h"

/* rotation_unref it. Fails the running test when the vault or the key is not there. */
struct rotation *turned_rotation(struct world *world, const struct ov_id *deployment);

#endif
