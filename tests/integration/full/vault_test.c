/* No room in the vault: nothing is listed or raised without its key, and no half key is left. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/integration/full/disk.h"
#include "tests/integration/full/tests.h"
#include "tests/integration/harness/faces.h"
#include "tests/integration/harness/peer.h"

#define QUIET_MS 3000
#define LIMIT_MS 60000

static void no_list_is_made_without_its_key(void **state)
{
    struct office *office = *state;
    char keys[PATH_MAX];
    (void)snprintf(keys, sizeof(keys), "%s", world_path(&office->world, LIST_KEYS));
    int before = disk_files(keys);
    office_expect(office, "ada", 0, NULL, "deployment", "create", "keyless", "--purpose", "p",
                  "--site", "north", NULL);
    disk_fill(keys, 0);
    office_expect(office, "ada", 1, "vault.full", "--yes", "deployment", "apply", "keyless", NULL);
    assert_int_equal(disk_files(keys), before);
    assert_int_equal(world_psql_number(&office->world, "SELECT count(*) FROM overt.deployment "
                                                       "WHERE name = 'keyless' AND state = "
                                                       "'draft'"),
                     1);
    assert_true(world_log_says(office->world.overtd_log, "vault.full"));
    disk_make_room(keys);
    office_expect(office, "ada", 0, NULL, "--yes", "deployment", "apply", "keyless", NULL);
    assert_int_equal(disk_files(keys), before + 1);
}

static void join(struct office *office, const struct faces *faces, const struct ov_id *run_id,
                 struct peer *peer)
{
    struct ov_hello hello;
    struct ov_welcome welcome;
    struct peer_options options = {.identity_dir = world_identity(&office->world, "site-gate"),
                                   .alpn = OV_ALPN_CAPTURE};
    peer_hello(&hello, faces->digest, run_id);
    assert_true(peer_connect(peer, office->world.capture_port, &options));
    assert_true(peer_greet(peer, &hello, &welcome));
}

static long alerts_of(struct office *office, const struct ov_id *run_id)
{
    char query[200];
    char text[OV_ID_TEXT_SIZE];
    (void)snprintf(query, sizeof(query), "SELECT count(*) FROM overt.alert WHERE run_id = '%s'",
                   ov_id_format(run_id, text));
    return world_psql_number(&office->world, query);
}

/* Not acknowledged, so the client keeps the probe; raised once there is room. */
static void an_alert_waits_for_room_for_its_key(void **state)
{
    struct office *office = *state;
    struct faces faces;
    struct ov_id deployment;
    struct ov_id run_id = ov_id_new();
    struct ov_batch_ack ack;
    struct peer peer;
    char keys[PATH_MAX];
    (void)snprintf(keys, sizeof(keys), "%s", world_path(&office->world, ALERT_KEYS));
    faces_load(&faces, office->world.deps);
    world_go_live(&office->world, "live", "gate", 0, &deployment);
    join(office, &faces, &run_id, &peer);
    disk_fill(keys, 0);
    assert_true(peer_send_one(&peer, 1, 77, face_values(&faces.wanted)));
    assert_false(peer_receive_ack(&peer, QUIET_MS, &ack));
    assert_int_equal(alerts_of(office, &run_id), 0);
    assert_int_equal(disk_files(keys), 0);
    assert_true(world_log_says(office->world.overtd_log, "alert raise_retry code=vault.full"));
    disk_make_room(keys);
    assert_true(peer_receive_ack(&peer, LIMIT_MS, &ack));
    assert_int_equal(ack.alerted_count, 1);
    assert_int_equal(alerts_of(office, &run_id), 1);
    assert_int_equal(disk_files(keys), 1);
    peer_close(&peer);
    faces_free(&faces);
}

const struct CMUnitTest vault_full_tests[] = {
    cmocka_unit_test(no_list_is_made_without_its_key),
    cmocka_unit_test(an_alert_waits_for_room_for_its_key),
};
const size_t vault_full_test_count = sizeof(vault_full_tests) / sizeof(vault_full_tests[0]);
