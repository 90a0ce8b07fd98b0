/* The real server: it erases by itself, is killed while it does, and destroys nothing when a key is
 * missing or another one. */
#include "tests/integration/harness/world.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/file.h"
#include "server/vault/keys.h"
#include "tests/integration/harness/process.h"
#include "tests/integration/trace/search.h"

#define ERASED_LIMIT_MS 60000
#define KILLS 6

static const char few_workers[] = "[matching]\nmatchers = 1\nalert_workers = 1\napi_workers = 1\n";

struct scene {
    struct world world;
    struct ov_id watched; /* its bytes are looked for */
    struct ov_id killed;  /* erased while the server is killed again and again */
    struct ov_id kept;    /* never due */
    struct ov_id lost;    /* its key is taken away */
};

static struct scene scene;

static const char *key_path(const struct ov_id *id)
{
    static char path[PATH_MAX];
    char text[OV_ID_TEXT_SIZE];
    (void)snprintf(path, sizeof(path), "%s/vault/watchlist/%s.key", scene.world.dir,
                   ov_id_format(id, text));
    return path;
}

static int group_setup(void **state)
{
    *state = &scene;
    world_new(&scene.world);
    world_start_overtd(&scene.world, few_workers);
    world_go_live(&scene.world, "watched", "north", 0, &scene.watched);
    world_go_live(&scene.world, "killed", "south", 0, &scene.killed);
    world_go_live(&scene.world, "kept", "west", 0, &scene.kept);
    world_go_live(&scene.world, "lost", "east", 0, &scene.lost);
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    int status = scene.world.overtd > 0 ? world_stop_overtd(&scene.world) : 0;
    world_free(&scene.world);
    return status;
}

/* The deployment is stopped, and a day has passed. */
static void let_be_due(const char *name)
{
    char sql[256];
    world_ctl_ok(&scene.world, "ben", NULL, NULL, "--yes", "deployment", "stop", name, NULL);
    (void)snprintf(
        sql, sizeof(sql),
        "SET session_replication_role = replica; UPDATE overt.deployment SET closed_at = "
        "closed_at - interval '25 hours' WHERE name = '%s'",
        name);
    assert_int_equal(world_psql(&scene.world, "admin", sql, NULL), 0);
}

static bool await_erased(const char *name)
{
    char sql[128];
    (void)snprintf(sql, sizeof(sql),
                   "SELECT count(*) FROM overt.deployment WHERE state = 'erased' AND name = '%s'",
                   name);
    return world_await_number(&scene.world, sql, 1, ERASED_LIMIT_MS);
}

/* The list's key, plain and as its file has it, and what it sealed. */
static void know_key(struct search *search, const struct ov_id *id)
{
    struct ov_error err = OV_ERROR_INIT;
    struct vault *vault = NULL;
    struct vault_key *key = NULL;
    struct ov_buf file = OV_BUF_INIT;
    assert_int_equal(vault_open(world_path(&scene.world, "vault"),
                                world_path(&scene.world, "installation.key"), &vault, &err),
                     OV_OK);
    assert_int_equal(vault_key_load(vault, VAULT_WATCHLIST, id, &key, &err), OV_OK);
    search_add_forms(search, "plain key", key->key.data, key->key.size);
    vault_key_free(key);
    vault_close(vault);
    assert_int_equal(ov_file_read(key_path(id), 64, &file, &err), OV_OK);
    search_add_forms(search, "wrapped key", file.data, file.length);
    ov_buf_free(&file);
    search_add_forms(search, "name", WORLD_NAME, strlen(WORLD_NAME));
    search_add_forms(search, "reference", WORLD_REFERENCE, strlen(WORLD_REFERENCE));
}

static void the_server_erases_by_itself_and_leaves_no_byte_of_the_key(void **state)
{
    (void)state;
    struct search search;
    struct ov_buf out = OV_BUF_INIT;
    search_init(&search);
    know_key(&search, &scene.watched);
    search.quiet = true;
    search_folder(&search, scene.world.dir);
    assert_true(search_hits_of(&search, "wrapped key") > 0); /* the search does find */
    assert_int_equal(search_hits_of(&search, "plain key"), 0);
    search_free(&search);

    search_init(&search);
    know_key(&search, &scene.watched);
    let_be_due("watched");
    assert_true(await_erased("watched"));
    assert_int_equal(access(key_path(&scene.watched), F_OK), -1);
    search_folder(&search, scene.world.dir);
    assert_true(search.files > 100);
    assert_int_equal(search_hits(&search), 0);
    search_free(&search);

    world_ctl_ok(&scene.world, "ben", NULL, &out, "erasure", "check", NULL);
    assert_non_null(strstr(out.data, "\"found\":0"));
    ov_buf_free(&out);
    assert_int_equal(world_psql_number(&scene.world,
                                       "SELECT count(*) FROM audit.membership AS m JOIN "
                                       "overt.deployment AS d ON d.id = m.deployment_id WHERE "
                                       "d.name = 'watched'"),
                     1);
    /* What is still needed was not touched. */
    assert_int_equal(access(key_path(&scene.kept), F_OK), 0);
}

static void the_check_finds_what_was_put_back_and_says_so_by_its_status(void **state)
{
    (void)state;
    struct ov_buf out = OV_BUF_INIT;
    struct ov_error err = OV_ERROR_INIT;
    uint8_t noise[VAULT_KEY_FILE_BYTES] = {1};
    assert_int_equal(ov_file_write_new(key_path(&scene.watched), 0600, noise, sizeof(noise), &err),
                     OV_OK);
    int status = world_ctl(&scene.world, "ben", NULL, &out, "erasure", "check", NULL);
    assert_int_equal(status, 1);
    assert_non_null(strstr(out.data, "key.past"));
    assert_non_null(strstr(out.data, "erasure.leftovers"));
    ov_buf_free(&out);
    assert_int_equal(unlink(key_path(&scene.watched)), 0);
}

/* At a start the keeper begins at once: killed up to half a second later, it is killed in mid-step.
 */
static void killed_while_it_erases_the_server_goes_on(void **state)
{
    (void)state;
    unsigned seed = 20261125;
    let_be_due("killed");
    for (int i = 0; i < KILLS; i++) {
        struct timespec nap = {0, (long)(rand_r(&seed) % 500) * 1000000L};
        world_kill_overtd(&scene.world);
        long erased = world_psql_number(
            &scene.world,
            "SELECT count(*) FROM overt.deployment WHERE state = 'erased' AND name = 'killed'");
        bool key = access(key_path(&scene.killed), F_OK) == 0;
        long tables = world_psql_number(
            &scene.world,
            "SELECT count(*) FROM pg_class AS c, overt.deployment AS d WHERE d.name = "
            "'killed' AND c.relname LIKE '%' || replace(d.id::text, '-', '') || '%'");
        if (erased != 0 && (key || tables != 0))
            fail_msg("called erased with %ld tables and %s key", tables, key ? "its" : "no");
        world_start_overtd(&scene.world, few_workers);
        (void)nanosleep(&nap, NULL);
    }
    assert_true(await_erased("killed"));
    assert_int_equal(
        world_psql_number(
            &scene.world,
            "SELECT count(*) FROM (SELECT convert_from(body, 'UTF8')::jsonb AS body "
            "FROM audit.event) AS e JOIN overt.deployment AS d ON d.id::text = e.body "
            "->> 'deployment' WHERE e.body ->> 'name' = 'erasure.certified' AND d.name "
            "= 'killed'"),
        1);
}

static void refuses_to_start(const char *code)
{
    struct ov_buf out = OV_BUF_INIT;
    assert_int_not_equal(world_try_overtd(&scene.world, 60, &out), 0);
    if (strstr(out.data, code) == NULL)
        fail_msg("not %s: %s", code, out.data);
    ov_buf_free(&out);
}

static void without_the_right_keys_the_server_does_not_start_and_destroys_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        const char *missing;
        const char *wrong;
    } keys[] = {{"ledger.key", "ledger.no_key", "ledger.wrong_key"},
                {"installation.key", "installation.key", "vault.wrong_key"}};
    struct ov_error err = OV_ERROR_INIT;
    uint8_t other[32] = {9};
    assert_int_equal(world_stop_overtd(&scene.world), 0);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const char *path = world_path(&scene.world, keys[i].file);
        const char *aside = world_path(&scene.world, "aside");
        assert_int_equal(rename(path, aside), 0);
        refuses_to_start(keys[i].missing); /* the code, or the path that the sentence names */
        assert_int_equal(ov_file_write_new(path, 0600, other, sizeof(other), &err), OV_OK);
        refuses_to_start(keys[i].wrong);
        assert_int_equal(access(key_path(&scene.kept), F_OK), 0);
        assert_int_equal(rename(aside, path), 0);
    }
    world_start_overtd(&scene.world, few_workers);
}

static void after_a_rotation_the_server_starts_with_the_new_key_only(void **state)
{
    (void)state;
    char program[PATH_MAX + 16];
    struct ov_buf out = OV_BUF_INIT;
    const char *path = world_path(&scene.world, "installation.key");
    const char *fresh = world_path(&scene.world, "installation-2.key");
    (void)snprintf(program, sizeof(program), "%s/overtd", scene.world.programs);
    const char *argv[] = {program,     "vault", "rotate", "--config", scene.world.config,
                          "--new-key", fresh,   NULL};
    assert_int_equal(process_run(argv, NULL, &out, &out, 60), 1);
    assert_non_null(strstr(out.data, "vault.in_use"));
    ov_buf_free(&out);
    assert_int_equal(world_stop_overtd(&scene.world), 0);
    assert_int_equal(process_run(argv, NULL, &out, &out, 60), 0);
    ov_buf_free(&out);
    refuses_to_start("vault.wrong_key");
    assert_int_equal(rename(fresh, path), 0);
    world_start_overtd(&scene.world, few_workers);
    /* It opens the list of the deployment that is live. */
    world_ctl_ok(&scene.world, "ben", NULL, NULL, "watchlist", "list", "kept", NULL);
}

/* The id of the only waiver that is asked for. */
static void asked_waiver(char *out, size_t out_size)
{
    struct ov_buf text = OV_BUF_INIT;
    assert_int_equal(world_psql(&scene.world, "admin",
                                "SELECT id FROM overt.ledger_waiver WHERE state = 'asked'", &text),
                     0);
    (void)snprintf(out, out_size, "%.36s", text.data);
    ov_buf_free(&text);
}

static void a_list_whose_key_is_lost_goes_by_command_of_two(void **state)
{
    (void)state;
    struct ov_buf out = OV_BUF_INIT;
    struct world *world = &scene.world;
    char waiver[OV_ID_TEXT_SIZE];
    world_ctl_ok(world, "ben", NULL, NULL, "--yes", "deployment", "stop", "lost", NULL);
    assert_int_equal(world_ctl(world, "dora", NULL, &out, "erasure", "waive", "lost", "--reason",
                               "list_key_lost", NULL),
                     1);
    if (strstr(out.data, "waiver.not_lost") == NULL)
        fail_msg("%s", out.data);
    assert_int_equal(unlink(key_path(&scene.lost)), 0);
    assert_int_equal(
        world_ctl(world, "dora", NULL, &out, "--yes", "deployment", "erase", "lost", NULL), 1);
    assert_non_null(strstr(out.data, "erasure.key_gone"));
    world_ctl_ok(world, "dora", NULL, NULL, "erasure", "waive", "lost", "--reason", "list_key_lost",
                 NULL);
    asked_waiver(waiver, sizeof(waiver));
    assert_int_equal(
        world_ctl(world, "dora", NULL, &out, "--yes", "erasure", "confirm", waiver, NULL), 1);
    assert_non_null(strstr(out.data, "permission.denied"));
    /* Not without a yes. */
    assert_int_equal(world_ctl(world, "ben", NULL, &out, "erasure", "confirm", waiver, NULL), 2);
    ov_buf_free(&out);
    world_ctl_ok(world, "ben", NULL, NULL, "--yes", "erasure", "confirm", waiver, NULL);
    world_ctl_ok(world, "dora", NULL, &out, "--yes", "deployment", "erase", "lost", NULL);
    assert_non_null(strstr(out.data, "\"ledger\":\"waived\""));
    assert_non_null(strstr(out.data, "\"keys\":0"));
    ov_buf_free(&out);
    world_ctl_ok(world, "olga", NULL, &out, "erasure", "waivers", NULL);
    assert_non_null(strstr(out.data, "\"state\":\"confirmed\""));
    ov_buf_free(&out);
    assert_int_equal(world_ctl(world, "dora", NULL, &out, "erasure", "withdraw", waiver, NULL), 1);
    assert_non_null(strstr(out.data, "waiver.decided"));
    ov_buf_free(&out);
}

static void by_command_a_list_goes_at_once_and_its_certificate_is_shown(void **state)
{
    (void)state;
    struct ov_buf out = OV_BUF_INIT;
    struct world *world = &scene.world;
    /* Not while it is live, not by whoever may not, and not without a yes. */
    assert_int_equal(
        world_ctl(world, "ben", NULL, &out, "--yes", "deployment", "erase", "kept", NULL), 1);
    assert_non_null(strstr(out.data, "erasure.state"));
    world_ctl_ok(world, "ben", NULL, NULL, "--yes", "deployment", "stop", "kept", NULL);
    assert_int_equal(
        world_ctl(world, "cleo", NULL, &out, "--yes", "deployment", "erase", "kept", NULL), 1);
    assert_non_null(strstr(out.data, "permission.denied"));
    assert_int_equal(world_ctl(world, "dora", NULL, &out, "deployment", "erase", "kept", NULL), 2);
    assert_int_equal(access(key_path(&scene.kept), F_OK), 0);
    ov_buf_free(&out);
    world_ctl_ok(world, "dora", NULL, &out, "--yes", "deployment", "erase", "kept", NULL);
    assert_non_null(strstr(out.data, "\"certificate\""));
    assert_non_null(strstr(out.data, "\"ledger\":\"written\""));
    ov_buf_free(&out);
    assert_int_equal(access(key_path(&scene.kept), F_OK), -1);
    assert_int_equal(
        world_psql_number(world, "SELECT count(*) FROM overt.deployment WHERE state = 'erased'"),
        4);
    world_ctl_ok(world, "olga", NULL, NULL, "erasure", "check", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_server_erases_by_itself_and_leaves_no_byte_of_the_key),
        cmocka_unit_test(the_check_finds_what_was_put_back_and_says_so_by_its_status),
        cmocka_unit_test(killed_while_it_erases_the_server_goes_on),
        cmocka_unit_test(without_the_right_keys_the_server_does_not_start_and_destroys_nothing),
        cmocka_unit_test(after_a_rotation_the_server_starts_with_the_new_key_only),
        cmocka_unit_test(a_list_whose_key_is_lost_goes_by_command_of_two),
        cmocka_unit_test(by_command_a_list_goes_at_once_and_its_certificate_is_shown),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
