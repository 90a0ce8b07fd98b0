/*
 * No match, no trace. Faces stream, one of them is sought; then everything that was written
 * anywhere (the database with its log of all statements, the vault, the server's log at debug
 * level, the client's output) is searched for what it must not hold.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "common/base/file.h"
#include "server/vault/ledger_key.h"
#include "server/vault/vault.h"
#include "tests/integration/harness/faces.h"
#include "tests/integration/harness/peer.h"
#include "tests/integration/harness/process.h"
#include "tests/integration/harness/turned.h"
#include "tests/integration/harness/world.h"
#include "tests/integration/trace/forms.h"
#include "tests/integration/trace/search.h"

#define STRANGERS 200 /* hand-driven probes that do not match */
#define BATCH 50
#define CAPTURE_LIMIT_MS 120000
#define LIMIT_MS 20000
#define FLOAT_BYTES (PEER_DIMENSION * sizeof(float))

struct trace {
    struct world world;
    struct faces faces;
    struct ov_id deployment;
    float marker[PEER_DIMENSION]; /* a non-matching probe, searched for in every form */
    struct search search;
};

static struct trace trace;

/* Everything that can be said about a statement is logged, its parameters too. */
static void log_everything(struct world *world)
{
    static const char *const settings[] = {
        "ALTER SYSTEM SET log_statement = 'all'", "ALTER SYSTEM SET log_parameter_max_length = -1",
        "ALTER SYSTEM SET log_parameter_max_length_on_error = -1",
        "ALTER SYSTEM SET log_error_verbosity = 'verbose'", "SELECT pg_reload_conf()"};
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        struct ov_buf out = OV_BUF_INIT;
        assert_int_equal(world_psql(world, "admin", settings[i], &out), 0);
        ov_buf_free(&out);
    }
}

static int group_setup(void **state)
{
    *state = &trace;
    world_new(&trace.world);
    faces_load(&trace.faces, trace.world.deps);
    peer_random_descriptor(trace.marker);
    log_everything(&trace.world);
    world_start_overtd(&trace.world, "[server]\nlog_level = debug\n");
    world_go_live(&trace.world, "trial", "north", -1, &trace.deployment);
    search_init(&trace.search);
    trace.search.for_descriptors = true;
    return 0;
}

static int group_teardown(void **state)
{
    int status = trace.world.overtd > 0 ? world_stop_overtd(&trace.world) : 0;
    search_free(&trace.search);
    faces_free(&trace.faces);
    world_free(&trace.world);
    return status;
}

/* --- the search itself --- */

/* Writes filler, then the bytes at an odd place, then filler. */
static void plant(const char *name, const void *bytes, size_t size)
{
    uint8_t filler[4097];
    FILE *file = fopen(world_path(&trace.world, name), "w");
    assert_non_null(file);
    ov_random(filler, sizeof(filler));
    assert_int_equal(fwrite(filler, sizeof(filler), 1, file), 1);
    assert_int_equal(fwrite(bytes, size, 1, file), 1);
    assert_int_equal(fwrite(filler, sizeof(filler), 1, file), 1);
    assert_int_equal(fclose(file), 0);
}

static void search_finds_what_is_planted(void **state)
{
    struct search search;
    float values[PEER_DIMENSION];
    uint8_t wire[2 * PEER_DIMENSION];
    char *base64 = NULL;
    struct ov_buf text = OV_BUF_INIT;
    peer_random_descriptor(values);
    peer_wire_form(values, wire);
    base64 = ov_base64_encode(wire, sizeof(wire));
    forms_hex(wire, sizeof(wire), 0, &text);
    assert_int_equal(mkdir(world_path(&trace.world, "planted"), 0700), 0);
    plant("planted/half", wire, sizeof(wire));
    plant("planted/float", values, sizeof(values));
    plant("planted/her", face_values(&trace.faces.wanted), FLOAT_BYTES); /* a real one */
    plant("planted/base64", base64, strlen(base64));
    plant("planted/hex", text.data, text.length);
    ov_buf_free(&text);
    forms_bytea_escape(wire, sizeof(wire), &text);
    plant("planted/escaped", text.data, text.length);
    search_init(&search);
    search.quiet = true;
    search.for_descriptors = true;
    search_add_windows(&search, "half", wire, sizeof(wire), true);
    search_add_windows(&search, "float", values, sizeof(values), false);
    search_folder(&search, world_path(&trace.world, "planted"));
    assert_int_equal(search_hits_of(&search, "half hex"), 4); /* one in each window */
    assert_int_equal(search_hits_of(&search, "half base64"), 4);
    assert_int_equal(search_hits_of(&search, "half escaped"), 4);
    assert_int_equal(search_hits_of(&search, "half"), 16);
    assert_int_equal(search_hits_of(&search, "float"), 8);
    assert_true(search.descriptors >= 3); /* without being told which */
    search_free(&search);
    ov_buf_free(&text);
    free(base64);
    const char *argv[] = {"rm", "-rf", "--", world_path(&trace.world, "planted"), NULL};
    assert_int_equal(process_run(argv, NULL, NULL, NULL, 10), 0);
}

/* --- what happens --- */

static long all_rows(void)
{
    return world_psql_number(
        &trace.world,
        "SELECT sum((xpath('/row/c/text()', query_to_xml(format('SELECT count(*) AS c FROM %I.%I', "
        "schemaname, relname), false, true, '')))[1]::text::bigint) FROM pg_stat_user_tables WHERE "
        "relname NOT LIKE '%minute_count'");
}

static void link_photos(const char *folder)
{
    assert_int_equal(mkdir(folder, 0700), 0);
    for (int i = 1; i <= 6; i++) {
        char target[PATH_MAX + 64];
        char name[PATH_MAX + 64];
        if (i == 3) /* the reference's own photograph */
            continue;
        (void)snprintf(target, sizeof(target), "%s/photos/sample%d.jpg", trace.world.deps, i);
        (void)snprintf(name, sizeof(name), "%s/sample%d.jpg", folder, i);
        assert_int_equal(symlink(target, name), 0);
    }
}

/* Some eighteen people in photographs, one of whom is sought. */
static void real_client_streams_photographs(void **state)
{
    struct world *world = &trace.world;
    char program[PATH_MAX + 16];
    char server[64];
    char folder[PATH_MAX];
    char out[PATH_MAX];
    char model[PATH_MAX + 32];
    int status = -1;
    (void)snprintf(program, sizeof(program), "%s/overt-capture", world->programs);
    (void)snprintf(server, sizeof(server), "localhost:%d", world->capture_port);
    (void)snprintf(folder, sizeof(folder), "%s/photographs", world->dir);
    (void)snprintf(out, sizeof(out), "%s/capture.json", world->dir);
    (void)snprintf(model, sizeof(model), "%s/models/default", world->deps);
    link_photos(folder);
    const char *argv[] = {
        program,       "--server", server,     "--identity", world_identity(world, "site-north"),
        "--model",     model,      "--folder", folder,       "--json",
        "--log-level", "debug",    NULL};
    pid_t pid = process_start_split(argv, out, world_path(world, "capture.log"));
    assert_true(pid > 0);
    assert_true(process_wait(pid, CAPTURE_LIMIT_MS, &status));
    assert_int_equal(status, 0);
    assert_true(world_log_says(out, "\"event\":\"alert\""));
    assert_int_equal(world_psql_number(world, "SELECT count(*) FROM overt.alert"), 1);
    assert_true(world_await_number(world,
                                   "SELECT count(*) FROM overt.alert WHERE crop_state = 'matches' "
                                   "AND sealed_crop IS NOT NULL AND sealed_probe IS NULL",
                                   1, LIMIT_MS));
}

static void join(struct peer *peer)
{
    struct ov_id run_id = ov_id_new();
    struct ov_hello hello;
    struct ov_welcome welcome;
    struct peer_options options = {.identity_dir = world_identity(&trace.world, "site-north"),
                                   .alpn = OV_ALPN_CAPTURE};
    peer_hello(&hello, trace.faces.digest, &run_id);
    assert_true(peer_connect(peer, trace.world.capture_port, &options));
    assert_true(peer_greet(peer, &hello, &welcome));
}

static void send_strangers(struct peer *peer, uint64_t batch)
{
    struct ov_probe probes[BATCH];
    struct ov_batch_ack ack;
    for (size_t i = 0; i < BATCH; i++)
        peer_probe(&probes[i], batch * BATCH + i,
                   i == 0   ? trace.marker
                   : i == 1 ? face_values(&trace.faces.stranger)
                            : NULL);
    assert_true(peer_send_probes(peer, batch, probes, BATCH));
    for (size_t i = 0; i < BATCH; i++)
        ov_secret_free(&probes[i].descriptor);
    assert_true(peer_receive_ack(peer, LIMIT_MS, &ack));
    assert_int_equal(ack.alerted_count, 0);
}

static void strangers_leave_no_row(void **state)
{
    struct peer peer;
    struct ov_id nothing = ov_id_new();
    long before = all_rows();
    join(&peer);
    for (uint64_t batch = 1; batch <= STRANGERS / BATCH; batch++)
        send_strangers(&peer, batch);
    /* Not asked for: neither stored nor looked at. */
    assert_true(peer_send_crop(&peer, &nothing, 1, &trace.faces.stranger.crop));
    assert_true(peer_pings(&peer, LIMIT_MS));
    peer_close(&peer);
    assert_int_equal(all_rows(), before);
    assert_int_equal(world_psql_number(&trace.world, "SELECT count(*) FROM overt.alert"), 1);
}

/* Every table's rows as text, in the forms psql shows: for what is not found because it is packed.
 */
static void dump_tables(void)
{
    struct ov_buf out = OV_BUF_INIT;
    assert_int_equal(
        world_psql(&trace.world, "admin",
                   "SELECT query_to_xml(format('SELECT * FROM %I.%I', schemaname, relname), true, "
                   "true, '') FROM pg_stat_user_tables",
                   &out),
        0);
    search_block(&trace.search, "a dump of all tables", (const uint8_t *)out.data, out.length);
    ov_buf_free(&out);
}

static void add_descriptor(const char *name, const float *values)
{
    uint8_t wire[2 * PEER_DIMENSION];
    float received[PEER_DIMENSION];
    float turned[PEER_DIMENSION];
    struct rotation *rotation = turned_rotation(&trace.world, &trace.deployment);
    peer_wire_form(values, wire);
    forms_as_received(values, received, PEER_DIMENSION);
    rotation_apply(rotation, received, 1, turned);
    rotation_unref(rotation);
    search_add_windows(&trace.search, name, wire, sizeof(wire), true);
    search_add_windows(&trace.search, name, values, FLOAT_BYTES, true);
    search_add_windows(&trace.search, name, received, FLOAT_BYTES, true);
    search_add_windows(&trace.search, name, turned, FLOAT_BYTES, true);
}

/* How every JPEG that Overt makes begins. */
static const uint8_t jfif[] = {0xff, 0xd8, 0xff, 0xe0, 0x00, 0x10, 'J', 'F', 'I', 'F'};

/* The picture itself: behind the tables, which all JPEGs of one quality share. */
static void add_picture(const char *name, const struct ov_secret *jpeg)
{
    size_t middle = jpeg->size / 2;
    assert_true(jpeg->size > 2000);
    assert_memory_equal(jpeg->data, jfif, sizeof(jfif));
    search_add_forms(&trace.search, name, jpeg->data + middle, SEARCH_WINDOW_BYTES);
    search_add_forms(&trace.search, name, jpeg->data + jpeg->size - 256, SEARCH_WINDOW_BYTES);
}

/* Of an image's row: "ID HEX", the digest sealed. */
static void open_digest(char *line, uint8_t ret[LEDGER_IMAGE_BYTES])
{
    struct vault *vault = NULL;
    struct vault_key *key = NULL;
    struct ov_id image;
    struct ov_secret plain = OV_SECRET_INIT;
    uint8_t sealed[128];
    char dir[PATH_MAX];
    size_t size = strcspn(line + OV_ID_TEXT_SIZE, "\n") / 2;
    assert_in_range(size, LEDGER_IMAGE_BYTES + 1, sizeof(sealed));
    line[OV_ID_TEXT_SIZE - 1] = '\0';
    line[OV_ID_TEXT_SIZE + 2 * size] = '\0';
    assert_int_equal(ov_id_parse(line, &image), OV_OK);
    assert_int_equal(ov_hex_decode(line + OV_ID_TEXT_SIZE, sealed, size), OV_OK);
    (void)snprintf(dir, sizeof(dir), "%s", world_path(&trace.world, "vault"));
    assert_int_equal(vault_open(dir, world_path(&trace.world, "installation.key"), &vault, NULL),
                     OV_OK);
    assert_int_equal(vault_key_load(vault, VAULT_WATCHLIST, &trace.deployment, &key, NULL), OV_OK);
    assert_int_equal(vault_unseal(key, "image.ledger_digest", &image, sealed, size, &plain, NULL),
                     OV_OK);
    assert_int_equal(plain.size, LEDGER_IMAGE_BYTES);
    memcpy(ret, plain.data, LEDGER_IMAGE_BYTES);
    ov_secret_free(&plain);
    vault_key_free(key);
    vault_close(vault);
}

/* What would lead from the ledger to her entry; a review has held both against other lists. */
static void add_ledger_forms(void)
{
    struct ledger_key *ledger = NULL;
    uint8_t pseudonym[LEDGER_PSEUDONYM_BYTES];
    assert_int_equal(ledger_key_load(world_path(&trace.world, "ledger.key"), &ledger, NULL), OV_OK);
    assert_int_equal(
        ledger_key_pseudonym(ledger, WORLD_REFERENCE, strlen(WORLD_REFERENCE), pseudonym, NULL),
        OV_OK);
    ledger_key_free(ledger);
    search_add_forms(&trace.search, "her pseudonym", pseudonym, sizeof(pseudonym));
    uint8_t digest[LEDGER_IMAGE_BYTES];
    struct ov_buf out = OV_BUF_INIT;
    assert_int_equal(world_psql(&trace.world, "admin",
                                "SELECT id || ' ' || encode(sealed_ledger_digest, 'hex') FROM "
                                "watchlist.image LIMIT 1",
                                &out),
                     0);
    assert_true(out.length > OV_ID_TEXT_SIZE);
    open_digest(out.data, digest);
    ov_buf_free(&out);
    search_add_forms(&trace.search, "her picture's digest", digest, sizeof(digest));
}

static void nothing_is_left_behind(void **state)
{
    struct ov_buf out = OV_BUF_INIT;
    struct search *search = &trace.search;
    add_descriptor("the marker", trace.marker);
    add_descriptor("the stranger", face_values(&trace.faces.stranger));
    add_descriptor("she who matched", face_values(&trace.faces.wanted));
    add_picture("the stranger's crop", &trace.faces.stranger.crop);
    add_picture("her crop", &trace.faces.wanted.crop);
    search_add_forms(search, "any JPEG", jfif, sizeof(jfif)); /* whoever's face it is */
    search_add_forms(search, "her name", WORLD_NAME, strlen(WORLD_NAME));
    search_add_forms(search, "her reference", WORLD_REFERENCE, strlen(WORLD_REFERENCE));
    add_ledger_forms();
    dump_tables();
    assert_int_equal(world_stop_overtd(&trace.world), 0);
    assert_int_equal(world_psql(&trace.world, "admin", "CHECKPOINT", &out), 0);
    ov_buf_free(&out);
    search_folder(search, trace.world.dir);
    print_message("%ld files, %lld MB, %zu needles\n", search->files, search->bytes >> 20,
                  search->count);
    assert_true(search->files > 500);
    assert_int_equal(search_hits(search), 0);
}

/* The logs were there and full of statements, and the search went through them. */
static void search_went_through_it_all(void **state)
{
    struct search search;
    char text[OV_ID_TEXT_SIZE];
    search_init(&search);
    search.quiet = true;
    search_add(&search, "statement", "INSERT INTO overt.alert", 23);
    search_add(&search, "category", "missing_at_risk", 15);
    search_add(&search, "deployment", ov_id_format(&trace.deployment, text), OV_ID_TEXT_SIZE - 1);
    search_add(&search, "deployment's bytes", trace.deployment.bytes, OV_ID_BYTES);
    search_folder(&search, trace.world.dir);
    for (size_t i = 0; i < search.count; i++)
        assert_true(search.needles[i].hits > 0);
    search_free(&search);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(search_finds_what_is_planted),
        cmocka_unit_test(real_client_streams_photographs),
        cmocka_unit_test(strangers_leave_no_row),
        cmocka_unit_test(nothing_is_left_behind),
        cmocka_unit_test(search_went_through_it_all),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
