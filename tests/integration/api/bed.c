/* Setting up and taking down. */
#include "tests/integration/api/bed.h"

#include "tests/integration/api/client.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <curl/curl.h>
#include <libpq-fe.h>

#include "common/base/file.h"
#include "common/face/face.h"
#include "common/net/init.h"
#include "server/service/ledger.h"
#include "server/service/people.h"
#include "tests/integration/harness/process.h"

struct bed bed;

static void must(enum ov_status status, const struct ov_error *err)
{
    if (status != OV_OK)
        fail_msg("%s: %s (%s)", ov_status_name(status), err->code, err->text);
}

static const char *from_environment(const char *name, const char *fallback)
{
    const char *value = getenv(name);
    return value != NULL ? value : fallback;
}

/* --- certificates and people --- */

static void run_pki(const char *const *args)
{
    char program[PATH_MAX];
    (void)snprintf(program, sizeof(program), "%s/deploy/pki",
                   from_environment("OVERT_SOURCE_DIR", "."));
    const char *argv[PROCESS_ARGS_MAX] = {program};
    for (size_t i = 0; args[i] != NULL; i++)
        argv[i + 1] = args[i];
    struct ov_buf out = OV_BUF_INIT;
    int status = process_run(argv, NULL, &out, &out, 60);
    if (status != 0)
        fail_msg("pki %s: %s", args[0], out.data != NULL ? out.data : "");
    ov_buf_free(&out);
}

void bed_pki(const char *command, ...)
{
    char folder[PATH_MAX + 8];
    const char *args[16] = {command, folder};
    size_t count = 2;
    (void)snprintf(folder, sizeof(folder), "%s/pki", bed.dir);
    va_list more;
    va_start(more, command);
    for (const char *arg = va_arg(more, const char *); arg != NULL && count < 15;
         arg = va_arg(more, const char *))
        args[count++] = arg;
    va_end(more);
    run_pki(args);
}

static void make_certificates(void)
{
    static const char *const people[] = {"ada",  "ben", "cleo",  "dan",  "olga", "hana",     "dora",
                                         "adam", "ina", "ghost", "rita", "pam",  "pam-card", "dov"};
    char other[PATH_MAX + 16];
    (void)snprintf(other, sizeof(other), "%s/other-pki", bed.dir);
    bed_pki("init", NULL);
    bed_pki("server", "localhost", "127.0.0.1", NULL);
    bed_pki("site", "north", NULL);
    for (size_t i = 0; i < sizeof(people) / sizeof(people[0]); i++)
        bed_pki("person", people[i], NULL);
    bed_pki("person", "eva", "--from", "2 days ago", "--to", "1 day ago", NULL);
    bed_pki("revoke", "rita", NULL);
    run_pki((const char *const[]){"init", other, NULL});
    run_pki((const char *const[]){"person", other, "ada", NULL});

    (void)snprintf(bed.ca, sizeof(bed.ca), "%.4000s/pki/ca.pem", bed.dir);
    (void)snprintf(bed.crl, sizeof(bed.crl), "%.4000s/pki/crl.pem", bed.dir);
    (void)snprintf(bed.cert, sizeof(bed.cert), "%.4000s/pki/server-localhost/cert.pem", bed.dir);
    (void)snprintf(bed.key, sizeof(bed.key), "%.4000s/pki/server-localhost/key.pem", bed.dir);
    bed.files = (struct ov_tls_files){bed.ca, bed.crl, bed.cert, bed.key};
}

/* The others, and what ada and ben may do besides; the same file as the harness's. */
static void make_cast(void)
{
    struct ov_buf sql = OV_BUF_INIT;
    char path[PATH_MAX];
    (void)snprintf(path, sizeof(path), "%s/tests/integration/harness/cast.sql",
                   from_environment("OVERT_SOURCE_DIR", "."));
    assert_int_equal(ov_file_read(path, 1u << 16, &sql, NULL), OV_OK);
    pg_sql(bed.pg, "server", sql.data);
    ov_buf_free(&sql);
}

static void make_people(void)
{
    struct ov_error err = OV_ERROR_INIT;
    struct service service = {.store = bed.store, .vault = bed.vault, .clock = ov_clock_system()};
    must(service_bootstrap(&service, "ada", "ben", &err), &err);
    assert_int_equal(service_bootstrap(&service, "carl", "dora", &err), OV_ERR_STATE);
    assert_string_equal(err.code, "bootstrap.done");
    make_cast();
    (void)pg_seed_person(bed.store, "adam", ROLE_ADJUDICATOR);
    (void)pg_seed_person(bed.store, "dov", ROLE_ENGAGEMENT_OFFICER);
    (void)pg_seed_person(bed.store, "pam", ROLE_APPLICANT | ROLE_AUTHORISING_OFFICER);
    (void)pg_seed_person(bed.store, "ina", ROLE_ADMINISTRATOR);
    (void)pg_seed_person(bed.store, "eva", ROLE_ADMINISTRATOR);
    (void)pg_seed_person(bed.store, "rita", ROLE_ADMINISTRATOR);
    /* What switches a person off has no call yet; the database wants its event all the same. */
    pg_sql(bed.pg, "server",
           "BEGIN; UPDATE overt.principal SET active = false WHERE name = 'ina';"
           "SELECT audit.write_event('00000000-0000-4000-8000-000000000001', "
           "'{\"v\":1,\"id\":\"00000000-0000-4000-8000-000000000001\",\"name\":\"test.made\","
           "\"at_us\":0,\"actor\":{},\"details\":{}}'); COMMIT");
}

/* --- photographs --- */

static bool is_good(struct ov_face_engine *faces, const struct ov_secret *jpeg)
{
    struct ov_image image = OV_IMAGE_INIT;
    struct ov_face_list list = {NULL, 0};
    if (ov_jpeg_decode(&image, jpeg->data, jpeg->size, 0, NULL) != OV_OK)
        return false;
    bool good =
        ov_face_find(faces, &image, 24, &list, NULL) == OV_OK && list.count == 1 &&
        !list.faces[0].cut_off &&
        ov_quality_check(&list.faces[0].quality, ov_quality_gate_reference()) == OV_QUALITY_OK;
    ov_face_list_free(&list);
    ov_image_free(&image);
    return good;
}

static void shrink(const struct ov_secret *jpeg, struct ov_secret *ret_jpeg)
{
    struct ov_image image = OV_IMAGE_INIT;
    struct ov_image small = OV_IMAGE_INIT;
    assert_int_equal(ov_jpeg_decode(&image, jpeg->data, jpeg->size, 0, NULL), OV_OK);
    assert_int_equal(ov_image_resize(&small, &image, image.width / 5, image.height / 5), OV_OK);
    assert_int_equal(ov_jpeg_encode(ret_jpeg, &small, 95, NULL), OV_OK);
    ov_image_free(&image);
    ov_image_free(&small);
}

static int take_portraits(struct ov_face_engine *faces, const struct ov_image *image,
                          const struct ov_face_list *list, int taken)
{
    for (size_t i = 0; i < list->count && taken < PORTRAITS; i++) {
        struct ov_secret jpeg = OV_SECRET_INIT;
        if (ov_face_crop_jpeg(image, &list->faces[i], 0.6f, 600, &jpeg, NULL) == OV_OK &&
            is_good(faces, &jpeg))
            bed.portraits[taken++] = ov_secret_take(&jpeg);
        ov_secret_free(&jpeg);
    }
    return taken;
}

/* Cuts portraits out of the group photographs that set-up brings. */
static void make_photographs(void)
{
    struct ov_error err = OV_ERROR_INIT;
    struct ov_face_engine *faces = NULL;
    const char *deps = from_environment("OVERT_DEPS", ".deps");
    int taken = 0;
    must(ov_face_engine_new(bed.pack, NULL, &faces, &err), &err);
    for (int number = 1; number <= 6; number++) {
        char path[PATH_MAX];
        struct ov_secret file = OV_SECRET_INIT;
        struct ov_image image = OV_IMAGE_INIT;
        struct ov_face_list list = {NULL, 0};
        (void)snprintf(path, sizeof(path), "%s/photos/sample%d.jpg", deps, number);
        must(ov_file_read_secret(path, 1u << 24, &file, &err), &err);
        must(ov_jpeg_decode(&image, file.data, file.size, 0, &err), &err);
        must(ov_face_find(faces, &image, 24, &list, &err), &err);
        taken = take_portraits(faces, &image, &list, taken);
        if (list.count >= 2 && bed.group.data == NULL) {
            bed.group = ov_secret_take(&file);
            bed.group_faces = (int)list.count;
        }
        ov_face_list_free(&list);
        ov_image_free(&image);
        ov_secret_free(&file);
    }
    ov_face_engine_free(faces);
    assert_int_equal(taken, PORTRAITS);
    assert_non_null(bed.group.data);
    shrink(&bed.portraits[0], &bed.tiny_portrait);
}

/* --- the API --- */

static void read_live(void *ctx, struct live_status *ret)
{
    (void)ctx;
    *ret = bed.live;
}

void bed_start_api(void)
{
    struct ov_error err = OV_ERROR_INIT;
    struct api_options options = {.address = "127.0.0.1",
                                  .port = 0,
                                  .tls = bed.files,
                                  .workers = 2,
                                  .conninfo = pg_conninfo(bed.pg, "server"),
                                  .model_pack = bed.pack,
                                  .vault = bed.vault,
                                  .ledger_key = bed.ledger_key,
                                  .clock = ov_clock_system(),
                                  .read_live_status = read_live};
    must(api_start(&options, &bed.api, &err), &err);
}

static void open_vault(void)
{
    struct ov_error err = OV_ERROR_INIT;
    char dir[PATH_MAX + 16];
    char key[PATH_MAX + 32];
    (void)snprintf(dir, sizeof(dir), "%s/vault", bed.dir);
    (void)snprintf(key, sizeof(key), "%s/installation.key", bed.dir);
    must(vault_init(dir, key, &err), &err);
    must(vault_open(dir, key, &bed.vault, &err), &err);
}

static void make_ledger(void)
{
    struct ov_error err = OV_ERROR_INIT;
    (void)snprintf(bed.ledger_key, sizeof(bed.ledger_key), "%.4000s/ledger.key", bed.dir);
    struct service service = {
        .store = bed.store, .clock = ov_clock_system(), .ledger_key = bed.ledger_key};
    must(service_ledger_init(&service, &err), &err);
}

static int terminal = -1; /* where standard error went before */

/* Standard error, the log with it, goes to a file; see bed_logged. */
static void redirect_log(void)
{
    char path[PATH_MAX + 16];
    (void)snprintf(path, sizeof(path), "%s/log", bed.dir);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    terminal = dup(2);
    assert_true(terminal >= 0 && dup2(fd, 2) == 2);
    (void)close(fd);
}

int bed_setup(void **state)
{
    (void)state;
    struct ov_error err = OV_ERROR_INIT;
    (void)snprintf(bed.dir, sizeof(bed.dir), "/tmp/overt-api-test.XXXXXX");
    assert_non_null(mkdtemp(bed.dir));
    (void)snprintf(bed.pack, sizeof(bed.pack), "%s/models/default",
                   from_environment("OVERT_DEPS", ".deps"));
    assert_int_equal(curl_global_init(CURL_GLOBAL_DEFAULT), 0);
    must(ov_net_init(), &err);
    bed.pg = pg_new(NULL);
    make_certificates();
    open_vault();
    must(store_open(pg_conninfo(bed.pg, "server"), &bed.store, &err), &err);
    make_ledger();
    make_people();
    make_photographs();
    if (getenv("OVERT_KEEP") == NULL)
        redirect_log();
    bed.live = (struct live_status){2, 1234567890123, 3, 4, 5, 6};
    bed_start_api();
    return 0;
}

void bed_print_log(void)
{
    char path[PATH_MAX + 16];
    struct ov_buf log = OV_BUF_INIT;
    (void)snprintf(path, sizeof(path), "%s/log", bed.dir);
    if (ov_file_read(path, 64u << 20, &log, NULL) == OV_OK && log.data != NULL)
        (void)printf("%s\n", log.data);
    ov_buf_free(&log);
}

int bed_teardown(void **state)
{
    (void)state;
    api_stop(bed.api);
    store_close(bed.store);
    vault_close(bed.vault);
    pg_free(bed.pg);
    if (terminal >= 0)
        (void)dup2(terminal, 2); /* for the sanitizers' last words */
    for (int i = 0; i < PORTRAITS; i++)
        ov_secret_free(&bed.portraits[i]);
    ov_secret_free(&bed.tiny_portrait);
    ov_secret_free(&bed.group);
    curl_global_cleanup();
    if (getenv("OVERT_KEEP") != NULL) {
        print_message("kept: %s\n", bed.dir);
        return 0;
    }
    const char *argv[] = {"rm", "-rf", "--", bed.dir, NULL};
    return process_run(argv, NULL, NULL, NULL, 60);
}

/* --- evidence --- */

int64_t bed_events(const char *name)
{
    char sql[256];
    (void)snprintf(sql, sizeof(sql),
                   "SELECT count(*) FROM audit.event WHERE convert_from(body, 'UTF8')::jsonb ->> "
                   "'name' = '%s'",
                   name);
    return pg_value(bed.pg, "oversight", sql);
}

void bed_last_event(const char *name, char *out, size_t out_size)
{
    char sql[320];
    (void)snprintf(sql, sizeof(sql),
                   "SELECT convert_from(body, 'UTF8') FROM audit.event WHERE convert_from(body, "
                   "'UTF8')::jsonb ->> 'name' = '%s' ORDER BY xid DESC LIMIT 1",
                   name);
    PGconn *conn = PQconnectdb(pg_conninfo(bed.pg, "oversight"));
    PGresult *result = PQexec(conn, sql);
    assert_int_equal(PQntuples(result), 1);
    (void)snprintf(out, out_size, "%s", PQgetvalue(result, 0, 0));
    PQclear(result);
    PQfinish(conn);
}

void bed_attend(const char *deployment)
{
    static const char *const who[][2] = {{"person-cleo", "adjudicator"},
                                         {"person-dan", "engagement_officer"}};
    for (size_t i = 0; i < 2; i++) {
        struct client *client = client_new(who[i][0]);
        char path[256];
        char body[64];
        (void)snprintf(path, sizeof(path), "/v1/deployments/%s/duty", deployment);
        (void)snprintf(body, sizeof(body), "{\"role\":\"%s\"}", who[i][1]);
        expect(client_post(client, path, body), 200, NULL);
        client_free(client);
    }
}

size_t bed_watchlist_keys(void)
{
    char path[PATH_MAX + 32];
    struct ov_buf out = OV_BUF_INIT;
    (void)snprintf(path, sizeof(path), "%s/vault", bed.dir);
    const char *argv[] = {"find", path, "-type", "f", "-path", "*watchlist*", NULL};
    assert_int_equal(process_run(argv, NULL, &out, NULL, 60), 0);
    size_t count = 0;
    for (size_t i = 0; i < out.length; i++)
        count += out.data[i] == '\n' ? 1 : 0;
    ov_buf_free(&out);
    return count;
}

bool bed_logged(const char *text)
{
    char path[PATH_MAX + 16];
    struct ov_buf log = OV_BUF_INIT;
    (void)snprintf(path, sizeof(path), "%s/log", bed.dir);
    if (ov_file_read(path, 64u << 20, &log, NULL) != OV_OK)
        return false; /* OVERT_KEEP: the log went to the terminal */
    bool found = log.data != NULL && strstr(log.data, text) != NULL;
    ov_buf_free(&log);
    return found;
}
