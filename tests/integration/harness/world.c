/* An installation for a test: made, used, and taken down by process id. */
#include "tests/integration/harness/world.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "common/base/clock.h"
#include "common/base/file.h"
#include "tests/integration/harness/faces.h"
#include "tests/integration/harness/process.h"
#include "tests/integration/harness/pty.h"

#define READY_LIMIT_MS 60000
#define COMMAND_LIMIT_S 120
#define SKIPPED 77

const char *world_path(struct world *world, const char *name)
{
    static char paths[4][PATH_MAX];
    static unsigned next;
    char *path = paths[next++ % 4];
    (void)snprintf(path, PATH_MAX, "%s/%s", world->dir, name);
    return path;
}

const char *world_identity(struct world *world, const char *name)
{
    char below[256];
    (void)snprintf(below, sizeof(below), "pki/%s", name);
    return world_path(world, below);
}

static void set_path(char *out, const char *variable, const char *fallback, const char *below)
{
    char path[PATH_MAX];
    const char *value = getenv(variable);
    if (value == NULL) /* run by hand, in the checkout */
        value = realpath(fallback, path) != NULL ? path : fallback;
    (void)snprintf(out, PATH_MAX, "%s%s", value, below);
}

/* CMocka runs no teardown after a setup that failed: the cluster goes when the program does. */
static struct world *open_world;

static void free_at_exit(void)
{
    if (open_world != NULL)
        world_free(open_world);
}

/* Runs and fails the test, with what the program said, unless the status is 0. */
static void run_ok(const char *const *argv, const char *stdin_text, struct ov_buf *out)
{
    struct ov_buf own = OV_BUF_INIT;
    struct ov_buf errors = OV_BUF_INIT;
    int status = process_run(argv, stdin_text, out != NULL ? out : &own, &errors, COMMAND_LIMIT_S);
    if (status != 0)
        print_error("%s %s: exit %d\n%s\n", argv[0], argv[1], status,
                    errors.data != NULL ? errors.data : "");
    ov_buf_free(&own);
    ov_buf_free(&errors);
    assert_int_equal(status, 0);
}

int world_deploy(struct world *world, const char *script, ...)
{
    char path[PATH_MAX + 64];
    const char *argv[16] = {path};
    size_t count = 1;
    (void)snprintf(path, sizeof(path), "%s/deploy/%s", world->source, script);
    va_list args;
    va_start(args, script);
    for (const char *arg = va_arg(args, const char *); arg != NULL && count < 15;
         arg = va_arg(args, const char *))
        argv[count++] = arg;
    va_end(args);
    struct ov_buf out = OV_BUF_INIT;
    struct ov_buf errors = OV_BUF_INIT;
    int status = process_run(argv, NULL, &out, &errors, COMMAND_LIMIT_S);
    if (status != 0)
        print_error("%s %s: exit %d\n%s\n", script, argv[1], status,
                    errors.data != NULL ? errors.data : "");
    ov_buf_free(&out);
    ov_buf_free(&errors);
    return status;
}

void world_postgres(struct world *world, const char *verb)
{
    assert_int_equal(world_deploy(world, "postgres-private", verb, world_path(world, "pg"), NULL),
                     0);
}

void world_conninfo(struct world *world, const char *role, struct ov_buf *out)
{
    char script[PATH_MAX + 64];
    (void)snprintf(script, sizeof(script), "%s/deploy/postgres-private", world->source);
    const char *argv[] = {script, "conninfo", world_path(world, "pg"), role, NULL};
    run_ok(argv, NULL, out);
    while (out->length > 0 && out->data[out->length - 1] == '\n')
        out->data[--out->length] = '\0';
}

void world_write_config(struct world *world, const char *extra)
{
    struct ov_buf server = OV_BUF_INIT;
    if (world->database[0] != '\0')
        ov_buf_puts(&server, world->database);
    else
        world_conninfo(world, "server", &server);
    FILE *file = fopen(world->config, "w");
    assert_non_null(file);
    (void)fprintf(
        file,
        "[server]\ncapture_address = 127.0.0.1\ncapture_port = %d\n"
        "api_address = 127.0.0.1\napi_port = %d\nmodel_pack = %s/models/default\n"
        "vault = %s/vault\ninstallation_key = %s/installation.key\nledger_key = %s/ledger.key\n"
        "[tls]\nca = %s/pki/ca.pem\ncrl = %s/pki/crl.pem\n"
        "cert = %s/pki/server-localhost/cert.pem\nkey = %s/pki/server-localhost/key.pem\n"
        "[database]\nconninfo = %s\n%s\n",
        world->capture_port, world->api_port, world->deps, world->dir, world->dir, world->dir,
        world->dir, world->dir, world->dir, world->dir, server.data, extra != NULL ? extra : "");
    assert_int_equal(fclose(file), 0);
    ov_buf_free(&server);
}

static void make_certificates(struct world *world)
{
    const char *pki = world_path(world, "pki");
    assert_int_equal(world_deploy(world, "pki", "init", pki, NULL), 0);
    assert_int_equal(world_deploy(world, "pki", "server", pki, "localhost", "127.0.0.1", NULL), 0);
    static const char *const cast[] = {"ada", "ben", "cleo", "dan", "olga", "hana", "dora"};
    for (size_t i = 0; i < sizeof(cast) / sizeof(cast[0]); i++)
        assert_int_equal(world_deploy(world, "pki", "person", pki, cast[i], NULL), 0);
}

static void skip_program(const char *why)
{
    print_message("skipped: %s\n", why);
    exit(SKIPPED);
}

static void start_postgres(struct world *world)
{
    int status = world_deploy(world, "postgres-private", "start", world_path(world, "pg"),
                              "--no-fsync", NULL);
    if (status == SKIPPED) {
        skip_program("PostgreSQL's server programs are not installed");
    }
    assert_int_equal(status, 0);
}

static void make_cast(struct world *world)
{
    struct ov_buf sql = OV_BUF_INIT;
    struct ov_buf out = OV_BUF_INIT;
    char path[PATH_MAX + 64];
    (void)snprintf(path, sizeof(path), "%s/tests/integration/harness/cast.sql", world->source);
    assert_int_equal(ov_file_read(path, 1u << 16, &sql, NULL), OV_OK);
    if (world_psql(world, "server", sql.data, &out) != 0)
        fail_msg("cast.sql: %s", out.data != NULL ? out.data : "");
    ov_buf_free(&sql);
    ov_buf_free(&out);
}

void world_new(struct world *world)
{
    memset(world, 0, sizeof(*world));
    set_path(world->source, "OVERT_SOURCE_DIR", HARNESS_SOURCE_DIR, "");
    set_path(world->programs, "OVERT_BUILD_DIR", HARNESS_BUILD_DIR, "/bin");
    set_path(world->overtctl, "OVERT_BUILD_DIR", HARNESS_BUILD_DIR, "/tests/bin/overtctl");
    set_path(world->deps, "OVERT_DEPS", HARNESS_DEPS, "");
    char model[PATH_MAX + 64];
    (void)snprintf(model, sizeof(model), "%s/models/default/model.ini", world->deps);
    if (access(model, R_OK) != 0)
        skip_program("no model pack; run deploy/setup");
    (void)snprintf(world->dir, sizeof(world->dir), "/tmp/overt-test.XXXXXX");
    assert_non_null(mkdtemp(world->dir));
    assert_int_equal(chmod(world->dir, 0711), 0); /* PostgreSQL's user has to pass through */
    (void)snprintf(world->config, sizeof(world->config), "%s/overtd.conf", world->dir);
    (void)snprintf(world->overtd_log, sizeof(world->overtd_log), "%s/overtd.log", world->dir);
    open_world = world;
    (void)atexit(free_at_exit);
    start_postgres(world);
    make_certificates(world);
    world_write_config(world, NULL);
    char program[PATH_MAX + 16];
    (void)snprintf(program, sizeof(program), "%s/overtd", world->programs);
    const char *argv[] = {program, "bootstrap", "--config", world->config, "ada", "ben", NULL};
    run_ok(argv, NULL, NULL);
    make_cast(world);
}

void world_free(struct world *world)
{
    open_world = NULL;
    world_leave(world);
    if (world->overtd > 0)
        world_kill_overtd(world);
    if (getenv("OVERT_KEEP") != NULL) {
        print_message("kept: %s\n", world->dir);
        (void)world_deploy(world, "postgres-private", "stop", world_path(world, "pg"), NULL);
        return;
    }
    (void)world_deploy(world, "postgres-private", "remove", world_path(world, "pg"), NULL);
    const char *argv[] = {"rm", "-rf", "--", world->dir, NULL};
    (void)process_run(argv, NULL, NULL, NULL, COMMAND_LIMIT_S);
}

/* Takes the number behind key in the last line of the log that says the server is ready. */
static bool read_ready(struct world *world, off_t from)
{
    struct ov_buf log = OV_BUF_INIT;
    if (ov_file_read(world->overtd_log, 64u << 20, &log, NULL) != OV_OK)
        return false;
    const char *ready = log.length > (size_t)from ? strstr(log.data + from, "server ready") : NULL;
    const char *capture = ready != NULL ? strstr(ready, "capture_port=") : NULL;
    const char *api = ready != NULL ? strstr(ready, "api_port=") : NULL;
    bool found = capture != NULL && api != NULL;
    if (found) {
        world->capture_port = (int)strtol(capture + strlen("capture_port="), NULL, 10);
        world->api_port = (int)strtol(api + strlen("api_port="), NULL, 10);
    }
    ov_buf_free(&log);
    return found;
}

static void print_log(struct world *world)
{
    struct ov_buf log = OV_BUF_INIT;
    if (ov_file_read(world->overtd_log, 64u << 20, &log, NULL) == OV_OK && log.length > 0)
        print_error("overtd said:\n%s\n",
                    log.length > 6000 ? log.data + log.length - 6000 : log.data);
    ov_buf_free(&log);
}

void world_start_overtd(struct world *world, const char *extra_config)
{
    struct stat info;
    off_t from = stat(world->overtd_log, &info) == 0 ? info.st_size : 0;
    char program[PATH_MAX + 16];
    (void)snprintf(program, sizeof(program), "%s/overtd", world->programs);
    world_write_config(world, extra_config);
    const char *argv[] = {program, "serve", "--config", world->config, NULL};
    world->overtd = process_start(argv, world->overtd_log, world->overtd_env);
    assert_true(world->overtd > 0);
    for (int waited_ms = 0; !read_ready(world, from); waited_ms += 20) {
        int status = 0;
        bool ended = process_wait(world->overtd, 20, &status);
        if (ended || waited_ms > READY_LIMIT_MS) {
            print_log(world);
            world->overtd = ended ? 0 : world->overtd;
            fail_msg("overtd does not become ready");
        }
    }
}

int world_try_overtd(struct world *world, int limit_s, struct ov_buf *out)
{
    char program[PATH_MAX + 16];
    (void)snprintf(program, sizeof(program), "%s/overtd", world->programs);
    const char *argv[] = {program, "serve", "--config", world->config, NULL};
    return process_run(argv, NULL, NULL, out, limit_s);
}

int world_stop_overtd(struct world *world)
{
    int status = process_end(world->overtd, SIGTERM, 30000);
    world->overtd = 0;
    if (status != 0)
        print_log(world);
    return status;
}

void world_kill_overtd(struct world *world)
{
    (void)process_end(world->overtd, SIGKILL, 5000);
    world->overtd = 0;
}

int world_psql(struct world *world, const char *role, const char *sql, struct ov_buf *out)
{
    struct ov_buf target = OV_BUF_INIT;
    struct ov_buf errors = OV_BUF_INIT;
    world_conninfo(world, role, &target);
    const char *argv[] = {"psql", target.data,       "-X", "-q", "-A", "-t",
                          "-v",   "ON_ERROR_STOP=1", "-c", sql,  NULL};
    int status = process_run(argv, NULL, out, &errors, COMMAND_LIMIT_S);
    if (status != 0 && out != NULL && errors.data != NULL)
        ov_buf_puts(out, errors.data);
    ov_buf_free(&target);
    ov_buf_free(&errors);
    return status;
}

long world_psql_number(struct world *world, const char *sql)
{
    struct ov_buf out = OV_BUF_INIT;
    int status = world_psql(world, "admin", sql, &out);
    if (status != 0)
        print_error("%s: %s\n", sql, out.data != NULL ? out.data : "");
    assert_int_equal(status, 0);
    long number = out.data != NULL ? strtol(out.data, NULL, 10) : 0;
    ov_buf_free(&out);
    return number;
}

bool world_await_number(struct world *world, const char *sql, long wanted, int limit_ms)
{
    int64_t until_us = ov_clock_mono_us(ov_clock_system()) + limit_ms * OV_US_PER_MS;
    while (world_psql_number(world, sql) != wanted) {
        if (ov_clock_mono_us(ov_clock_system()) > until_us)
            return false;
        struct timespec nap = {0, 50 * 1000 * 1000};
        (void)nanosleep(&nap, NULL);
    }
    return true;
}

static int ctl(struct world *world, const char *person, const char *stdin_text, struct ov_buf *out,
               struct ov_buf *errors, va_list args)
{
    char program[PATH_MAX + 16];
    char server[64];
    char who[128];
    char identity[PATH_MAX];
    const char *argv[PROCESS_ARGS_MAX] = {program,      "--server", server,
                                          "--identity", identity,   "--json"};
    size_t count = 6;
    (void)snprintf(program, sizeof(program), "%s", world->overtctl);
    (void)snprintf(server, sizeof(server), "localhost:%d", world->api_port);
    (void)snprintf(who, sizeof(who), "person-%s", person);
    (void)snprintf(identity, sizeof(identity), "%s", world_identity(world, who));
    for (const char *arg = va_arg(args, const char *); arg != NULL && count < PROCESS_ARGS_MAX - 1;
         arg = va_arg(args, const char *))
        argv[count++] = arg;
    return process_run(argv, stdin_text, out, errors, COMMAND_LIMIT_S);
}

int world_ctl(struct world *world, const char *person, const char *stdin_text, struct ov_buf *out,
              ...)
{
    struct ov_buf errors = OV_BUF_INIT;
    va_list args;
    va_start(args, out);
    int status = ctl(world, person, stdin_text, out, &errors, args);
    va_end(args);
    if (status != 0 && errors.data != NULL)
        ov_buf_puts(out, errors.data);
    ov_buf_free(&errors);
    return status;
}

void world_ctl_ok(struct world *world, const char *person, const char *stdin_text,
                  struct ov_buf *out, ...)
{
    struct ov_buf own = OV_BUF_INIT;
    struct ov_buf errors = OV_BUF_INIT;
    va_list args;
    va_start(args, out);
    int status = ctl(world, person, stdin_text, out != NULL ? out : &own, &errors, args);
    va_end(args);
    if (status != 0) {
        print_error("overtctl: exit %d: %s\n", status, errors.data != NULL ? errors.data : "");
        print_log(world);
    }
    ov_buf_free(&own);
    ov_buf_free(&errors);
    assert_int_equal(status, 0);
}

static void read_id(const struct ov_buf *json_text, struct ov_id *ret_id)
{
    json_t *root = json_loadb(json_text->data, json_text->length, 0, NULL);
    const char *text = json_string_value(json_object_get(root, "id"));
    assert_non_null(text);
    assert_int_equal(ov_id_parse(text, ret_id), OV_OK);
    json_decref(root);
}

void world_add_site(struct world *world, const char *name)
{
    assert_int_equal(world_deploy(world, "pki", "site", world_path(world, "pki"), name, NULL), 0);
    world_ctl_ok(world, "ada", NULL, NULL, "site", "add", name, NULL);
}

void world_apply(struct world *world, const char *name, const char *site, int cool_down_s,
                 struct ov_id *ret_deployment)
{
    struct ov_buf out = OV_BUF_INIT;
    char cool_down[16];
    (void)snprintf(cool_down, sizeof(cool_down), "%d", cool_down_s);
    world_ctl_ok(world, "ada", NULL, &out, "deployment", "create", name, "--purpose",
                 "integration test", "--site", site, "--kind", "exercise",
                 cool_down_s >= 0 ? "--cool-down" : NULL, cool_down, NULL);
    read_id(&out, ret_deployment);
    ov_buf_free(&out);
    world_ctl_ok(world, "ada", NULL, NULL, "--yes", "deployment", "apply", name, NULL);
}

static const char operational_file[] =
    "kind = operational\npurpose = integration test\nsites = %s\nlegal_basis = common law\n"
    "necessity = a test\nmeans_considered = patrols\n  posters\nplace = the gate\n"
    "criteria = missing_at_risk: reported missing\ncategories = missing_at_risk, wanted_by_court\n"
    "location_type = hotspot\nlatitude = 51.5\nlongitude = -0.12\ncamera = %s/%s\n"
    "expected_footfall = 1000\nexpected_entries = 10\ndata_protection_assessment = file:%s\n"
    "equality_assessment = file:%s\npolicy_document = file:%s\noperator = the test force\n"
    "contact = a telephone\ncomplaints = the commissioner\nnotice_plan = a week before\n"
    "notice_url = https://police.example/lfr\n";

void world_apply_operational(struct world *world, const char *name, const char *site,
                             const char *camera)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof(path), "%s", world_path(world, "application.ini"));
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fprintf(file, operational_file, site, site, camera, world->config, world->config,
                  world->config);
    assert_int_equal(fclose(file), 0);
    world_ctl_ok(world, "ada", NULL, NULL, "deployment", "create", name, "--application", path,
                 NULL);
    world_ctl_ok(world, "ada", NULL, NULL, "--yes", "deployment", "apply", name, NULL);
}

void world_authorise(struct world *world, const char *person, const char *deployment)
{
    world_ctl_ok(world, person, WORLD_REASONS, NULL, "--yes", "deployment", "authorise", deployment,
                 NULL);
}

void world_propose(struct world *world, const char *deployment, const char *photo,
                   const char *region, const char *subject, struct ov_id *ret_entry)
{
    struct ov_buf out = OV_BUF_INIT;
    world_ctl_ok(world, "ada", subject, &out, "watchlist", "add", deployment, photo, "--category",
                 "missing_at_risk", "--response", "safeguarding",
                 region != NULL ? "--region" : NULL, region, NULL);
    read_id(&out, ret_entry);
    ov_buf_free(&out);
}

void world_approve(struct world *world, const char *deployment)
{
    world_approve_only(world, deployment);
    world_ctl_ok(world, "ben", NULL, NULL, "--yes", "watchlist", "review", deployment, NULL);
}

/* On a terminal, as entries are opened nowhere else; Enter as often as there may be entries. */
void world_approve_only(struct world *world, const char *deployment)
{
    char program[PATH_MAX + 16];
    char server[64];
    char identity[PATH_MAX];
    char keys[200];
    struct ov_buf shown = OV_BUF_INIT;
    (void)snprintf(program, sizeof(program), "%s", world->overtctl);
    (void)snprintf(server, sizeof(server), "localhost:%d", world->api_port);
    (void)snprintf(identity, sizeof(identity), "%s", world_identity(world, "person-ben"));
    memset(keys, '\n', sizeof(keys) - 1);
    keys[sizeof(keys) - 1] = '\0';
    const char *argv[] = {program, "--server",  server,    "--identity", identity,
                          "--yes", "watchlist", "approve", deployment,   NULL};
    int status = pty_run(argv, 100, keys, &shown, COMMAND_LIMIT_S);
    if (status != 0)
        print_error("overtctl: exit %d: %s\n", status, shown.data != NULL ? shown.data : "");
    ov_buf_free(&shown);
    assert_int_equal(status, 0);
}

void world_attend(struct world *world, const char *deployment)
{
    char server[64];
    char identity[PATH_MAX];
    size_t at = 0;
    (void)snprintf(server, sizeof(server), "localhost:%d", world->api_port);
    (void)snprintf(identity, sizeof(identity), "%s",
                   world_identity(world, "person-" WORLD_ADJUDICATOR));
    const char *argv[] = {world->overtctl, "--server", server,     "--identity", identity,
                          "duty",          "hold",     deployment, NULL};
    while (at < WORLD_HOLDERS_MAX - 1 && world->holders[at] != 0)
        at++;
    world->holders[at] = process_start(argv, world_path(world, "duty.log"), NULL);
    assert_true(world->holders[at] > 0);
    world_ctl_ok(world, WORLD_OFFICER, NULL, NULL, "duty", "take", deployment, "--as",
                 "engagement_officer", NULL);
    for (int tries = 0; tries < 600; tries++) {
        struct ov_buf out = OV_BUF_INIT;
        world_ctl_ok(world, WORLD_OFFICER, NULL, &out, "duty", "show", deployment, NULL);
        bool is_there = strstr(out.data, "\"adjudicators\":0") == NULL;
        ov_buf_free(&out);
        if (is_there)
            return;
        (void)nanosleep(&(struct timespec){0, 50 * 1000 * 1000}, NULL);
    }
    fail_msg("no adjudicator is heard of at %s", deployment);
}

void world_leave(struct world *world)
{
    for (size_t i = 0; i < WORLD_HOLDERS_MAX; i++) {
        if (world->holders[i] > 0)
            (void)process_end(world->holders[i], SIGKILL, 5000);
        world->holders[i] = 0;
    }
}

void world_go_live(struct world *world, const char *name, const char *site, int cool_down_s,
                   struct ov_id *ret_deployment)
{
    struct ov_id entry;
    char photo[PATH_MAX + 64];
    (void)snprintf(photo, sizeof(photo), "%s/" FACES_PHOTO, world->deps);
    world_add_site(world, site);
    world_apply(world, name, site, cool_down_s, ret_deployment);
    world_propose(world, name, photo, FACES_REGION, WORLD_NAME "\n" WORLD_REFERENCE "\n", &entry);
    world_approve(world, name);
    world_attend(world, name);
    world_authorise(world, "ben", name);
    world_ctl_ok(world, "ben", NULL, NULL, "--yes", "deployment", "start", name, NULL);
}

bool world_log_says(const char *path, const char *text)
{
    struct ov_buf content = OV_BUF_INIT;
    bool found = ov_file_read(path, (size_t)1 << 30, &content, NULL) == OV_OK &&
                 content.length > 0 && strstr(content.data, text) != NULL;
    ov_buf_free(&content);
    return found;
}
