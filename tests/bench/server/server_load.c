/*
 * The whole server under load: probes a second, and the time from sending a probe to its
 * acknowledgement and to its alert, against a real PostgreSQL over real TLS.
 *
 * The watchlist's templates are random unit vectors, written through the store as the server's role
 * (enrolling so many photographs would measure enrolment). Prints figures, asserts none.
 *
 *   bench/server_load [ENTRIES [PROBES]]      default 10000 and 30000
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "common/base/bytes.h"
#include "common/face/face.h"
#include "server/audit/event.h"
#include "server/store/deployments.h"
#include "server/store/people.h"
#include "server/store/watchlists.h"
#include "server/vault/rotation.h"
#include "server/vault/vault.h"
#include "tests/integration/harness/peer.h"
#include "tests/integration/harness/process.h"
#include "tests/integration/harness/world.h"

#define DIMENSION 512
#define BATCH 16
#define WANTED 64 /* entries whose template the matching probes repeat */
#define STRANGERS 4096
#define MATCH_EVERY 1500
#define PACED_BATCHES 400
#define ENTRIES_PER_ACT 500

struct bench {
    struct world world;
    struct ov_id deployment;
    uint8_t digest[OV_DIGEST_BYTES];
    float wanted[WANTED][DIMENSION];
    float strangers[STRANGERS][DIMENSION]; /* made beforehand: the client costs little */
    long entries;
    long probes;
};

static void must(enum ov_status status, const struct ov_error *err)
{
    if (status == OV_OK)
        return;
    (void)fprintf(stderr, "server_load: %s (%s)\n", err->text, err->code);
    exit(1);
}

/* --- the watchlist --- */

struct writer {
    struct store *store;
    struct vault_key *key;
    struct rotation *rotation;
    struct actor adder;
    struct principal approver;
    struct ov_error err;
};

static void seal_text(struct writer *writer, const char *column, const struct ov_id *row,
                      const char *text, struct ov_secret *ret)
{
    must(vault_seal(writer->key, column, row, text, strlen(text), ret, &writer->err), &writer->err);
}

static void add_entry(struct bench *bench, struct writer *writer, const float *values)
{
    struct ov_secret name = OV_SECRET_INIT;
    struct ov_secret reference = OV_SECRET_INIT;
    struct ov_secret picture = OV_SECRET_INIT;
    struct ov_secret thumbnail = OV_SECRET_INIT;
    struct ov_secret template_bytes = OV_SECRET_INIT;
    struct watchlist_entry entry = {.id = ov_id_new(), .deployment_id = bench->deployment};
    struct watchlist_image image = {.id = ov_id_new(), .deployment_id = bench->deployment};
    image.entry_id = entry.id;
    (void)snprintf(entry.category, sizeof(entry.category), "missing_at_risk");
    (void)snprintf(entry.response, sizeof(entry.response), "identify");
    entry.added_by = writer->adder.principal.id;
    entry.added_at_us = ov_clock_utc_us(ov_clock_system());
    seal_text(writer, "entry.name", &entry.id, "Load Test", &name);
    seal_text(writer, "entry.reference", &entry.id, "LOAD", &reference);
    seal_text(writer, "image.jpeg", &image.id, "no picture", &picture);
    seal_text(writer, "image.thumbnail", &image.id, "no picture", &thumbnail);
    float turned[DIMENSION];
    rotation_apply(writer->rotation, values, 1, turned);
    must(vault_seal(writer->key, "image.template", &image.id, turned, sizeof(turned),
                    &template_bytes, &writer->err),
         &writer->err);
    entry.sealed_name = (struct store_bytes){name.data, name.size};
    entry.sealed_reference = (struct store_bytes){reference.data, reference.size};
    image.sealed_jpeg = (struct store_bytes){picture.data, picture.size};
    image.sealed_thumbnail = (struct store_bytes){thumbnail.data, thumbnail.size};
    image.sealed_template = (struct store_bytes){template_bytes.data, template_bytes.size};
    memcpy(image.model_digest, bench->digest, sizeof(image.model_digest));
    image.eye_distance_px = 60;
    image.sharpness_milli = 500;
    must(store_entry_add(writer->store, &entry, &writer->err), &writer->err);
    must(store_image_add(writer->store, &image, &writer->err), &writer->err);
    must(store_entry_approve(writer->store, &bench->deployment, &entry.id, &writer->approver.id,
                             entry.added_at_us, &writer->err),
         &writer->err);
    ov_secret_free(&name);
    ov_secret_free(&reference);
    ov_secret_free(&picture);
    ov_secret_free(&thumbnail);
    ov_secret_free(&template_bytes);
}

static void record_load(struct bench *bench, struct writer *writer)
{
    struct audit_event *event =
        audit_event_new("entry.proposed", &writer->adder, ov_clock_utc_us(ov_clock_system()));
    audit_event_deployment(event, &bench->deployment);
    audit_event_object(event, "deployment", &bench->deployment);
    must(audit_event_write(writer->store, event, &writer->err), &writer->err);
}

static void fill_watchlist(struct bench *bench)
{
    struct writer writer;
    struct vault *vault = NULL;
    struct ov_buf conninfo = OV_BUF_INIT;
    memset(&writer, 0, sizeof(writer));
    char dir[PATH_MAX];
    (void)snprintf(dir, sizeof(dir), "%s", world_path(&bench->world, "vault"));
    must(vault_open(dir, world_path(&bench->world, "installation.key"), &vault, &writer.err),
         &writer.err);
    must(vault_key_load(vault, VAULT_WATCHLIST, &bench->deployment, &writer.key, &writer.err),
         &writer.err);
    must(vault_rotation(vault, writer.key, DIMENSION, &writer.rotation, &writer.err), &writer.err);
    world_conninfo(&bench->world, "server", &conninfo);
    must(store_open(conninfo.data, &writer.store, &writer.err), &writer.err);
    must(store_principal_by_identity(writer.store, "overt://person/ada", &writer.adder.principal,
                                     &writer.err),
         &writer.err);
    must(store_principal_by_identity(writer.store, "overt://person/ben", &writer.approver,
                                     &writer.err),
         &writer.err);
    for (long i = 0; i < bench->entries; i++) {
        float values[DIMENSION];
        peer_random_descriptor(values);
        if (i % ENTRIES_PER_ACT == 0)
            must(store_begin(writer.store, &writer.err), &writer.err);
        add_entry(bench, &writer, i < WANTED ? bench->wanted[i] : values);
        if (i % ENTRIES_PER_ACT == ENTRIES_PER_ACT - 1 || i == bench->entries - 1) {
            record_load(bench, &writer);
            must(store_commit(writer.store, &writer.err), &writer.err);
            (void)fprintf(stderr, "\rwatchlist: %ld of %ld", i + 1, bench->entries);
        }
    }
    (void)fprintf(stderr, "\n");
    rotation_unref(writer.rotation);
    vault_key_free(writer.key);
    vault_close(vault);
    store_close(writer.store);
    ov_buf_free(&conninfo);
}

/* --- the load --- */

struct client {
    struct peer peer;
    uint32_t credit;
    uint64_t next_sequence;
    uint64_t next_batch;
    struct ov_id run;
};

static int64_t now_us(void)
{
    return ov_clock_mono_us(ov_clock_system());
}

static void connect_client(struct bench *bench, struct client *client)
{
    struct ov_hello hello;
    struct ov_welcome welcome;
    struct ov_id run = ov_id_new();
    struct peer_options options = {.identity_dir = world_identity(&bench->world, "site-north"),
                                   .alpn = OV_ALPN_CAPTURE};
    memset(client, 0, sizeof(*client));
    peer_hello(&hello, bench->digest, &run);
    if (!peer_connect(&client->peer, bench->world.capture_port, &options) ||
        !peer_greet(&client->peer, &hello, &welcome)) {
        (void)fprintf(stderr, "server_load: the server does not take the client\n");
        exit(1);
    }
    client->run = run;
    client->credit = welcome.credit;
    client->next_sequence = 1;
    client->next_batch = 1;
}

/* Random probes; every match_every-th (0: none) repeats a wanted template. */
static void send_batch(struct bench *bench, struct client *client, long match_every)
{
    struct ov_probe probes[BATCH];
    for (size_t i = 0; i < BATCH; i++) {
        uint64_t sequence = client->next_sequence++;
        bool match = match_every > 0 && sequence % (uint64_t)match_every == 0;
        size_t which = (size_t)(sequence / (uint64_t)(match_every > 0 ? match_every : 1)) % WANTED;
        peer_probe(&probes[i], sequence,
                   match ? bench->wanted[which] : bench->strangers[sequence % STRANGERS]);
    }
    if (!peer_send_probes(&client->peer, client->next_batch++, probes, BATCH)) {
        (void)fprintf(stderr, "server_load: the connection ended\n");
        exit(1);
    }
    for (size_t i = 0; i < BATCH; i++)
        ov_secret_free(&probes[i].descriptor);
}

static void await_ack(struct client *client)
{
    struct ov_batch_ack ack;
    if (!peer_receive_ack(&client->peer, 30000, &ack)) {
        (void)fprintf(stderr, "server_load: no acknowledgement\n");
        exit(1);
    }
}

/* The alert of this probe; others that are still on their way are acknowledged too. */
static void await_alert(struct client *client, uint64_t sequence)
{
    for (bool found = false; !found;) {
        struct ov_alert alert;
        if (!peer_receive_alert(&client->peer, 30000, &alert)) {
            (void)fprintf(stderr, "server_load: no alert\n");
            exit(1);
        }
        found = alert.sequence == sequence && ov_id_equal(&alert.run_id, &client->run);
        (void)peer_send_alert_ack(&client->peer, &alert.alert_id);
        ov_alert_done(&alert);
    }
}

/* As fast as the credit window allows. */
static double throughput(struct bench *bench, struct client *client, long match_every)
{
    long batches = bench->probes / BATCH;
    long window = client->credit / BATCH;
    long sent = 0;
    int64_t from = now_us();
    for (long acked = 0; acked < batches; acked++) {
        while (sent < batches && sent - acked < window) {
            send_batch(bench, client, match_every);
            sent++;
        }
        await_ack(client);
    }
    return (double)(batches * BATCH) * 1e6 / (double)(now_us() - from);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_percentiles(const char *what, double *ms, size_t count)
{
    qsort(ms, count, sizeof(*ms), by_value);
    (void)printf("%-50s p50 %8.2f ms   p99 %8.2f ms   (%zu)\n", what, ms[count / 2],
                 ms[count * 99 / 100], count);
}

/* One probe at a time: the time to its acknowledgement, and to its alert when it matches. */
static void latency(struct bench *bench, struct client *client, bool matching)
{
    static double ms[PACED_BATCHES];
    size_t count = matching ? WANTED : PACED_BATCHES;
    for (size_t i = 0; i < count; i++) {
        uint64_t sequence = client->next_sequence++;
        int64_t from = now_us();
        if (!peer_send_one(&client->peer, client->next_batch++, sequence,
                           matching ? bench->wanted[i] : bench->strangers[i]))
            exit(1);
        if (matching)
            await_alert(client, sequence);
        else
            await_ack(client);
        ms[i] = (double)(now_us() - from) / 1000.0;
        if (matching)
            await_ack(client);
    }
    print_percentiles(matching ? "probe to alert, one at a time"
                               : "probe to acknowledgement, no match, one at a time",
                      ms, count);
}

/* Matching probes behind a stream that fills half of the window. */
static void latency_under_load(struct bench *bench, struct client *client)
{
    static double ms[WANTED];
    long background = client->credit / BATCH / 2;
    for (size_t i = 0; i < WANTED; i++) {
        for (long b = 0; b < background; b++)
            send_batch(bench, client, 0);
        uint64_t sequence = client->next_sequence++;
        int64_t from = now_us();
        if (!peer_send_one(&client->peer, client->next_batch++, sequence, bench->wanted[i]))
            exit(1);
        await_alert(client, sequence);
        ms[i] = (double)(now_us() - from) / 1000.0;
        for (long b = 0; b < background + 1; b++)
            await_ack(client);
    }
    print_percentiles("probe to alert, behind half a window of others", ms, WANTED);
}

/* Peak resident memory of a process so far, kB; 0 when it is gone. */
static long peak_kb(pid_t pid)
{
    char path[64];
    char line[256];
    long kb = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, "VmHWM:", 6) == 0)
            kb = strtol(line + 6, NULL, 10);
    }
    if (file != NULL)
        (void)fclose(file);
    return kb;
}

/* The real client on the demo's photographs (1920 x 1280 and so). */
static long capture_peak_kb(struct bench *bench)
{
    char program[PATH_MAX + 32];
    char server[32];
    char model[PATH_MAX + 32];
    char photos[PATH_MAX + 32];
    char identity[PATH_MAX];
    (void)snprintf(program, sizeof(program), "%s/overt-capture", bench->world.programs);
    (void)snprintf(server, sizeof(server), "localhost:%d", bench->world.capture_port);
    (void)snprintf(model, sizeof(model), "%s/models/default", bench->world.deps);
    (void)snprintf(photos, sizeof(photos), "%s/photos", bench->world.deps);
    (void)snprintf(identity, sizeof(identity), "%s", world_identity(&bench->world, "site-north"));
    const char *argv[] = {program,   "--server", server,     "--identity", identity,
                          "--model", model,      "--folder", photos,       "--camera",
                          "cam2",    "--json",   NULL};
    pid_t pid = process_start(argv, world_path(&bench->world, "capture.log"), NULL);
    long peak = 0;
    int status = 0;
    while (pid > 0 && !process_wait(pid, 20, &status)) {
        long now = peak_kb(pid);
        peak = now > peak ? now : peak;
    }
    if (status != 0)
        (void)fprintf(stderr, "server_load: overt-capture ended with %d\n", status);
    return peak;
}

static void print_memory(struct bench *bench)
{
    long capture = capture_peak_kb(bench);
    (void)printf("%-50s %8ld MiB\n", "peak memory, overtd", peak_kb(bench->world.overtd) / 1024);
    (void)printf("%-50s %8ld MiB\n", "peak memory, overt-capture", capture / 1024);
}

static void run(struct bench *bench)
{
    struct client client;
    long every = MATCH_EVERY;
    world_attend(&bench->world, "load");
    world_authorise(&bench->world, "ben", "load");
    world_ctl_ok(&bench->world, "ben", NULL, NULL, "--yes", "deployment", "start", "load", NULL);
    connect_client(bench, &client);
    (void)throughput(bench, &client, 0); /* warm-up */
    latency(bench, &client, false);
    (void)printf("%-50s %8.0f probes/s\n", "none matching, whole window",
                 throughput(bench, &client, 0));
    (void)printf("%-50s %8.0f probes/s\n", "1 in 1,500 matching, whole window",
                 throughput(bench, &client, every));
    peer_close(&client.peer);
    connect_client(bench, &client);
    latency(bench, &client, true);
    peer_close(&client.peer);
    connect_client(bench, &client);
    latency_under_load(bench, &client);
    peer_close(&client.peer);
    print_memory(bench);
}

int main(int argc, char **argv)
{
    static struct bench bench;
    struct ov_error err = OV_ERROR_INIT;
    int64_t entries = 10000;
    int64_t probes = 30000;
    if ((argc > 1 && ov_parse_i64(argv[1], WANTED, 1000000, &entries) != OV_OK) ||
        (argc > 2 && ov_parse_i64(argv[2], BATCH, 100000000, &probes) != OV_OK)) {
        (void)fprintf(stderr, "usage: server_load [ENTRIES [PROBES]]\n");
        return 2;
    }
    bench.entries = (long)entries;
    bench.probes = (long)probes;
    for (size_t i = 0; i < WANTED; i++)
        peer_random_descriptor(bench.wanted[i]);
    for (size_t i = 0; i < STRANGERS; i++)
        peer_random_descriptor(bench.strangers[i]);
    world_new(&bench.world);
    char pack[PATH_MAX + 32];
    (void)snprintf(pack, sizeof(pack), "%s/models/default", bench.world.deps);
    must(ov_model_pack_digest(pack, bench.digest, &err), &err);
    world_start_overtd(&bench.world, NULL);
    world_add_site(&bench.world, "north");
    world_apply(&bench.world, "load", "north", 0, &bench.deployment);
    fill_watchlist(&bench);
    (void)printf("%ld entries, %ld probes a run, batches of %d\n", bench.entries, bench.probes,
                 BATCH);
    run(&bench);
    world_free(&bench.world);
    return 0;
}
