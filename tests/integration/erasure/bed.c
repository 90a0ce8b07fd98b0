/* Setting up and looking. */
#include "tests/integration/erasure/bed.h"

#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/service/ledger.h"

void bed_must(enum ov_status status, struct ov_error *err)
{
    if (status != OV_OK)
        fail_msg("%s: %s (%s), from %s:%d", ov_status_name(status), err->code, err->text, err->file,
                 err->line);
    ov_error_clear(err);
}

void bed_refused(enum ov_status status, enum ov_status wanted, const char *code,
                 struct ov_error *err)
{
    if (status != wanted || strcmp(err->code, code) != 0)
        fail_msg("got %s \"%s\" (%s), not %s \"%s\"", ov_status_name(status), err->code, err->text,
                 ov_status_name(wanted), code);
    ov_error_clear(err);
}

static struct actor person(struct bed *bed, const char *name, unsigned roles)
{
    struct actor actor = {.serial = "01"};
    actor.principal = (struct principal){.id = pg_seed_person(bed->store, name, roles),
                                         .kind = PRINCIPAL_PERSON,
                                         .active = true,
                                         .roles = roles};
    (void)snprintf(actor.principal.name, sizeof(actor.principal.name), "%s", name);
    return actor;
}

int bed_start(void **state)
{
    static struct bed bed;
    struct ov_error err = OV_ERROR_INIT;
    memset(&bed, 0, sizeof(bed));
    (void)snprintf(bed.dir, sizeof(bed.dir), "/tmp/overt-erasure.XXXXXX");
    assert_non_null(mkdtemp(bed.dir));
    (void)snprintf(bed.vault_dir, sizeof(bed.vault_dir), "%s/vault", bed.dir);
    (void)snprintf(bed.installation_key, sizeof(bed.installation_key), "%s/installation.key",
                   bed.dir);
    (void)snprintf(bed.ledger_key, sizeof(bed.ledger_key), "%s/ledger.key", bed.dir);
    bed_must(vault_init(bed.vault_dir, bed.installation_key, &err), &err);
    bed_must(vault_open(bed.vault_dir, bed.installation_key, &bed.vault, &err), &err);
    bed.pg = pg_new(NULL);
    bed_must(store_open(pg_conninfo(bed.pg, "server"), &bed.store, &err), &err);
    bed.service = (struct service){.store = bed.store,
                                   .vault = bed.vault,
                                   .clock = ov_clock_system(),
                                   .ledger_key = bed.ledger_key};
    bed_must(service_ledger_init(&bed.service, &err), &err);
    bed_must(service_ledger_init(&bed.service, &err), &err); /* once more changes nothing */
    bed.applicant = pg_seed_person(bed.store, "applicant", ROLE_APPLICANT);
    bed.manager = pg_seed_person(bed.store, "manager", ROLE_WATCHLIST_MANAGER);
    bed.reviewer = pg_seed_person(bed.store, "reviewer", ROLE_WATCHLIST_MANAGER);
    bed.officer = person(&bed, "officer", ROLE_AUTHORISING_OFFICER);
    bed.protector = person(&bed, "protector", ROLE_DATA_PROTECTION);
    bed.stranger = person(&bed, "stranger", ROLE_APPLICANT | ROLE_ADJUDICATOR);
    bed.site = pg_seed_site(bed.store, "north-gate");
    *state = &bed;
    return 0;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info;
    (void)kind;
    (void)at;
    return remove(path);
}

int bed_stop(void **state)
{
    struct bed *bed = *state;
    store_close(bed->store);
    vault_close(bed->vault);
    pg_free(bed->pg);
    return nftw(bed->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* --- lists --- */

static struct store_bytes bytes_of(const struct ov_secret *secret)
{
    return (struct store_bytes){secret->data, secret->size};
}

static struct ov_secret sealed(const struct vault_key *key, const char *column,
                               const struct ov_id *row, const char *text)
{
    struct ov_error err = OV_ERROR_INIT;
    struct ov_secret out = OV_SECRET_INIT;
    bed_must(vault_seal(key, column, row, text, strlen(text), &out, &err), &err);
    return out;
}

static void add_image(struct bed *bed, const struct deployment *deployment,
                      const struct vault_key *key, const struct ov_id *entry, const char *file,
                      bool keep_digest)
{
    struct ov_error err = OV_ERROR_INIT;
    struct watchlist_image image = {.id = ov_id_new(),
                                    .entry_id = *entry,
                                    .deployment_id = deployment->id,
                                    .sealed_thumbnail = pg_fake_sealed(),
                                    .sealed_template = pg_fake_sealed(),
                                    .eye_distance_px = 60,
                                    .sharpness_milli = 500};
    struct ov_secret jpeg = sealed(key, "image.jpeg", &image.id, file);
    struct ov_secret digest = OV_SECRET_INIT;
    struct store_bytes bytes = {file, strlen(file)};
    if (keep_digest)
        bed_must(ledger_image_seal(&bed->service, key, &image.id, bytes, &digest, &err), &err);
    memcpy(image.model_digest, deployment->model_digest, sizeof(image.model_digest));
    image.sealed_jpeg = bytes_of(&jpeg);
    image.sealed_ledger_digest = bytes_of(&digest);
    bed_must(store_image_add(bed->store, &image, &err), &err);
    ov_secret_free(&jpeg);
    ov_secret_free(&digest);
}

struct ov_id bed_propose(struct bed *bed, const struct deployment *deployment,
                         const char *reference, const char *file, bool keep_digest)
{
    struct ov_error err = OV_ERROR_INIT;
    struct vault_key *key = NULL;
    struct watchlist_entry entry = {.id = ov_id_new(),
                                    .deployment_id = deployment->id,
                                    .category = "wanted",
                                    .response = "arrest",
                                    .added_by = bed->manager,
                                    .added_at_us = ov_clock_utc_us(ov_clock_system())};
    bed_must(vault_key_load(bed->vault, VAULT_WATCHLIST, &deployment->id, &key, &err), &err);
    struct ov_secret text = sealed(key, "entry.reference", &entry.id, reference);
    entry.sealed_reference = bytes_of(&text);
    entry.sealed_name = bytes_of(&text);
    bed_must(store_begin(bed->store, &err), &err);
    bed_must(store_entry_add(bed->store, &entry, &err), &err);
    add_image(bed, deployment, key, &entry.id, file, keep_digest);
    pg_seed_event(bed->store);
    bed_must(store_commit(bed->store, &err), &err);
    ov_secret_free(&text);
    vault_key_free(key);
    return entry.id;
}

struct ov_id bed_add_entry(struct bed *bed, const struct deployment *deployment,
                           const char *reference, const char *file, bool keep_digest)
{
    struct ov_id entry = bed_propose(bed, deployment, reference, file, keep_digest);
    pg_seed_approve(bed->store, deployment, &entry, &bed->reviewer);
    return entry;
}

struct deployment bed_empty(struct bed *bed, const char *name)
{
    struct ov_error err = OV_ERROR_INIT;
    struct vault_key *key = NULL;
    struct deployment deployment =
        pg_seed_deployment(bed->store, name, &bed->applicant, &bed->site);
    bed_must(vault_key_create(bed->vault, VAULT_WATCHLIST, &deployment.id, &key, &err), &err);
    vault_key_free(key);
    return deployment;
}

/* Of every second one the digest is computed when it is needed. */
struct deployment bed_live(struct bed *bed, const char *name, int count)
{
    struct deployment deployment = bed_empty(bed, name);
    for (int i = 1; i <= count; i++) {
        char reference[DEPLOYMENT_NAME_SIZE + 32];
        (void)snprintf(reference, sizeof(reference), "REF-%s-%d", deployment.name, i);
        (void)bed_add_entry(bed, &deployment, reference, reference, i % 2 == 1);
    }
    pg_seed_live(bed->store, &deployment, &bed->officer.principal.id);
    return deployment;
}

void bed_close(struct bed *bed, const struct ov_id *deployment_id)
{
    struct ov_error err = OV_ERROR_INIT;
    bed_must(store_begin(bed->store, &err), &err);
    bed_must(store_deployment_set_state(bed->store, deployment_id, DEPLOYMENT_CLOSED,
                                        ov_clock_utc_us(ov_clock_system()), &err),
             &err);
    pg_seed_event(bed->store);
    bed_must(store_commit(bed->store, &err), &err);
}

/* Puts value where sql says mark, once. */
static void fill(char *sql, size_t size, const char *mark, const char *value)
{
    char *at = strstr(sql, mark);
    if (at == NULL)
        return;
    char rest[1024];
    (void)snprintf(rest, sizeof(rest), "%s", at + strlen(mark));
    (void)snprintf(at, size - (size_t)(at - sql), "%s%s", value, rest);
}

static void as_admin(struct bed *bed, const char *pattern, const struct ov_id *id, int number)
{
    char sql[1024];
    char text[OV_ID_TEXT_SIZE];
    (void)snprintf(sql, sizeof(sql), "%s", pattern);
    fill(sql, sizeof(sql), "{id}", ov_id_format(id, text));
    (void)snprintf(text, sizeof(text), "%d", number);
    fill(sql, sizeof(sql), "{n}", text);
    pg_sql(bed->pg, "admin", sql);
}

void bed_as_admin(struct bed *bed, const char *pattern, const struct ov_id *id)
{
    as_admin(bed, pattern, id, 0);
}

void bed_close_before(struct bed *bed, const struct ov_id *deployment_id, int hours)
{
    as_admin(
        bed,
        "SET session_replication_role = replica; UPDATE overt.deployment SET closed_at = now() - "
        "{n} * interval '1 hour' WHERE id = '{id}'",
        deployment_id, hours);
}

struct deployment bed_due(struct bed *bed, const char *name, int count)
{
    struct deployment deployment = bed_live(bed, name, count);
    bed_close(bed, &deployment.id);
    bed_close_before(bed, &deployment.id, 25);
    return deployment;
}

/* --- alerts --- */

struct ov_id bed_alert(struct bed *bed, const struct deployment *deployment, int64_t sequence)
{
    struct ov_error err = OV_ERROR_INIT;
    struct vault_key *key = NULL;
    struct ov_secret sealed = OV_SECRET_INIT;
    int64_t now = ov_clock_utc_us(ov_clock_system());
    struct alert_row alert = {.id = ov_id_new(),
                              .deployment_id = deployment->id,
                              .site_id = bed->site.id,
                              .run_id = ov_id_new(),
                              .sequence = (uint64_t)sequence,
                              .camera = "cam",
                              .track = 1,
                              .captured_at_us = now,
                              .received_at_us = now,
                              .raised_at_us = now,
                              .score = 0.7f,
                              .threshold = 0.5f,
                              .category = "wanted",
                              .response = "arrest"};
    char sql[256];
    char text[OV_ID_TEXT_SIZE];
    (void)snprintf(sql, sizeof(sql),
                   "SELECT id FROM watchlist.entry WHERE deployment_id = '%s' LIMIT 1",
                   ov_id_format(&deployment->id, text));
    pg_text(bed->pg, "admin", sql, text, sizeof(text));
    assert_int_equal(ov_id_parse(text, &alert.entry_id), OV_OK);
    bed_must(vault_key_create(bed->vault, VAULT_ALERT, &alert.id, &key, &err), &err);
    bed_must(vault_seal(key, "alert.name", &alert.id, "NAME", 4, &sealed, &err), &err);
    alert.sealed_name = bytes_of(&sealed);
    bed_must(store_begin(bed->store, &err), &err);
    bed_must(store_alert_insert(bed->store, &alert, &err), &err);
    pg_seed_event(bed->store);
    bed_must(store_commit(bed->store, &err), &err);
    ov_secret_free(&sealed);
    vault_key_free(key);
    return alert.id;
}

void bed_make_alerts_due(struct bed *bed, const struct ov_id *deployment_id)
{
    as_admin(
        bed,
        "SET session_replication_role = replica; UPDATE overt.alert SET erase_at = now() - {n} * "
        "interval '1 hour' WHERE deployment_id = '{id}'",
        deployment_id, 1);
}

/* --- looking --- */

int64_t bed_value(struct bed *bed, const char *pattern, const struct ov_id *id)
{
    char sql[1024];
    char text[OV_ID_TEXT_SIZE];
    (void)snprintf(sql, sizeof(sql), "%s", pattern);
    fill(sql, sizeof(sql), "{id}", ov_id_format(id, text));
    return pg_value(bed->pg, "admin", sql);
}

const char *bed_key_path(struct bed *bed, enum vault_class class_id, const struct ov_id *owner)
{
    static char path[PATH_MAX];
    char text[OV_ID_TEXT_SIZE];
    (void)snprintf(path, sizeof(path), "%s/%s/%s.key", bed->vault_dir, vault_class_name(class_id),
                   ov_id_format(owner, text));
    return path;
}

bool bed_key_is_there(struct bed *bed, enum vault_class class_id, const struct ov_id *owner)
{
    return access(bed_key_path(bed, class_id, owner), F_OK) == 0;
}

/* What "erased" promises, looked for by other means than the program's own. */
bool bed_is_erased(struct bed *bed, const struct ov_id *deployment_id)
{
    bool said =
        bed_value(bed,
                  "SELECT count(*) FROM overt.deployment WHERE state = 'erased' AND id = '{id}'",
                  deployment_id) == 1;
    int64_t tables = bed_value(bed,
                               "SELECT count(*) FROM pg_class WHERE relname LIKE '%' || "
                               "replace('{id}', '-', '') || '%'",
                               deployment_id);
    bool key = bed_key_is_there(bed, VAULT_WATCHLIST, deployment_id);
    if (said && (tables > 0 || key))
        fail_msg("said to be erased, with %lld tables and %s key", (long long)tables,
                 key ? "its" : "no");
    return said;
}

int64_t bed_open_alarms(struct bed *bed, const char *code)
{
    char sql[256];
    (void)snprintf(sql, sizeof(sql),
                   "SELECT count(*) FROM overt.alarm WHERE cleared_at IS NULL AND code = '%s'",
                   code);
    return pg_value(bed->pg, "admin", sql);
}

int64_t bed_events(struct bed *bed, const char *name, const struct ov_id *deployment_id)
{
    char sql[512];
    char text[OV_ID_TEXT_SIZE];
    (void)snprintf(sql, sizeof(sql),
                   "SELECT count(*) FROM (SELECT convert_from(body, 'UTF8')::jsonb AS body FROM "
                   "audit.event) AS event WHERE body ->> 'name' = '%s' AND body ->> 'deployment' = "
                   "'%s'",
                   name, ov_id_format(deployment_id, text));
    return pg_value(bed->pg, "oversight", sql);
}
