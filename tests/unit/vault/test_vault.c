/* The vault: what it sealed opens in its own place with its own key, and nowhere else. */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/bytes.h"
#include "common/base/file.h"
#include "server/vault/vault.h"

#define KEY_FILE_BYTES 61u
#define OVERHEAD_BYTES 29u

struct fixture {
    char root[64];
    char dir[128];
    char key_path[128];
    struct vault *vault;
};

static void assert_fine(enum ov_status status, struct ov_error *err)
{
    if (status != OV_OK)
        fail_msg("%s: %s (%s)", ov_status_name(status), err->code, err->text);
}

static void assert_refused(enum ov_status status, enum ov_status wanted, const char *code,
                           struct ov_error *err)
{
    if (status != wanted || strcmp(err->code, code) != 0)
        fail_msg("got %s \"%s\" (%s), not %s \"%s\"", ov_status_name(status), err->code, err->text,
                 ov_status_name(wanted), code);
    ov_error_clear(err);
}

static int start(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct ov_error err = OV_ERROR_INIT;
    assert_non_null(f);
    (void)snprintf(f->root, sizeof(f->root), "/tmp/overt-vault-test.XXXXXX");
    assert_non_null(mkdtemp(f->root));
    (void)snprintf(f->dir, sizeof(f->dir), "%s/vault", f->root);
    (void)snprintf(f->key_path, sizeof(f->key_path), "%s/installation.key", f->root);
    assert_fine(vault_init(f->dir, f->key_path, &err), &err);
    assert_fine(vault_open(f->dir, f->key_path, &f->vault, &err), &err);
    *state = f;
    return 0;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info;
    (void)kind;
    (void)at;
    return remove(path);
}

static int stop(void **state)
{
    struct fixture *f = *state;
    vault_close(f->vault);
    int rc = nftw(f->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(f);
    return rc;
}

static const char *path_of(const struct fixture *f, const char *class_name,
                           const struct ov_id *owner, char out[256])
{
    char text[OV_ID_TEXT_SIZE];
    (void)snprintf(out, 256, "%s/%s/%s.key", f->dir, class_name, ov_id_format(owner, text));
    return out;
}

static void read_file(const char *path, uint8_t *out, size_t size)
{
    struct ov_buf buf = OV_BUF_INIT;
    assert_int_equal(ov_file_read(path, 4096, &buf, NULL), OV_OK);
    assert_int_equal(buf.length, size);
    memcpy(out, buf.data, size);
    ov_buf_free(&buf);
}

static void write_file(const char *path, const void *data, size_t size)
{
    (void)unlink(path);
    assert_int_equal(ov_file_write_new(path, 0600, data, size, NULL), OV_OK);
}

static mode_t mode_of(const char *path)
{
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    return info.st_mode & 0777;
}

/* --- sealing ------------------------------------------------------------------------------- */

static void what_was_sealed_opens_again(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct ov_id owner = ov_id_new();
    struct ov_id row = ov_id_new();
    struct vault_key *key = NULL;
    static const size_t sizes[] = {0, 1, 15, 16, 17, 512, 65536};
    static char data[65536];
    ov_random(data, sizeof(data));
    assert_fine(vault_key_create(f->vault, VAULT_WATCHLIST, &owner, &key, &err), &err);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct ov_secret sealed = OV_SECRET_INIT;
        struct ov_secret opened = OV_SECRET_INIT;
        assert_fine(vault_seal(key, "image.jpeg", &row, data, sizes[i], &sealed, &err), &err);
        assert_int_equal(sealed.size, sizes[i] + OVERHEAD_BYTES);
        assert_int_equal(sealed.data[0], 1);
        assert_fine(vault_unseal(key, "image.jpeg", &row, sealed.data, sealed.size, &opened, &err),
                    &err);
        assert_int_equal(opened.size, sizes[i]);
        if (sizes[i] > 0)
            assert_memory_equal(opened.data, data, sizes[i]);
        ov_secret_free(&sealed);
        ov_secret_free(&opened);
    }
    vault_key_free(key);
}

static void sealing_twice_gives_different_bytes(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct ov_id owner = ov_id_new();
    struct vault_key *key = NULL;
    struct ov_secret first = OV_SECRET_INIT;
    struct ov_secret second = OV_SECRET_INIT;
    assert_fine(vault_key_create(f->vault, VAULT_ALERT, &owner, &key, &err), &err);
    assert_fine(vault_seal(key, "alert.name", &owner, "same", 4, &first, &err), &err);
    assert_fine(vault_seal(key, "alert.name", &owner, "same", 4, &second, &err), &err);
    assert_false(ov_secret_equal(&first, &second));
    ov_secret_free(&first);
    ov_secret_free(&second);
    vault_key_free(key);
}

static void a_change_of_any_byte_is_noticed(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct ov_id owner = ov_id_new();
    struct vault_key *key = NULL;
    struct ov_secret sealed = OV_SECRET_INIT;
    struct ov_secret opened = OV_SECRET_INIT;
    assert_fine(vault_key_create(f->vault, VAULT_WATCHLIST, &owner, &key, &err), &err);
    assert_fine(vault_seal(key, "entry.name", &owner, "somebody", 8, &sealed, &err), &err);
    for (size_t at = 0; at < sealed.size; at++) {
        for (int bit = 0; bit < 8; bit++) {
            sealed.data[at] ^= (unsigned char)(1 << bit);
            assert_refused(
                vault_unseal(key, "entry.name", &owner, sealed.data, sealed.size, &opened, &err),
                OV_ERR_CRYPTO, "vault.unsealed", &err);
            assert_null(opened.data);
            sealed.data[at] ^= (unsigned char)(1 << bit);
        }
    }
    for (size_t size = 0; size < sealed.size; size++)
        assert_refused(vault_unseal(key, "entry.name", &owner, sealed.data, size, &opened, &err),
                       OV_ERR_CRYPTO, "vault.unsealed", &err);
    assert_fine(vault_unseal(key, "entry.name", &owner, sealed.data, sealed.size, &opened, &err),
                &err);
    ov_secret_free(&opened);
    ov_secret_free(&sealed);
    vault_key_free(key);
}

static void sealed_bytes_open_in_their_own_place_only(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct ov_id owner = ov_id_new();
    struct ov_id other_owner = ov_id_new();
    struct ov_id row = ov_id_new();
    struct ov_id other_row = ov_id_new();
    struct vault_key *key = NULL;
    struct vault_key *other_key = NULL;
    struct vault_key *alert_key = NULL;
    struct ov_secret sealed = OV_SECRET_INIT;
    struct ov_secret opened = OV_SECRET_INIT;
    assert_fine(vault_key_create(f->vault, VAULT_WATCHLIST, &owner, &key, &err), &err);
    assert_fine(vault_key_create(f->vault, VAULT_WATCHLIST, &other_owner, &other_key, &err), &err);
    assert_fine(vault_key_create(f->vault, VAULT_ALERT, &owner, &alert_key, &err), &err);
    assert_fine(vault_seal(key, "entry.name", &row, "somebody", 8, &sealed, &err), &err);
    const struct {
        const struct vault_key *key;
        const char *column;
        const struct ov_id *row;
    } wrong[] = {{key, "entry.name", &other_row},
                 {key, "entry.reference", &row},
                 {key, "entry.nam", &row},
                 {other_key, "entry.name", &row},
                 {alert_key, "entry.name", &row}};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_refused(vault_unseal(wrong[i].key, wrong[i].column, wrong[i].row, sealed.data,
                                    sealed.size, &opened, &err),
                       OV_ERR_CRYPTO, "vault.unsealed", &err);
    assert_refused(vault_seal(key, "", &row, "x", 1, &opened, &err), OV_ERR_INTERNAL,
                   "vault.column", &err);
    ov_secret_free(&sealed);
    vault_key_free(key);
    vault_key_free(other_key);
    vault_key_free(alert_key);
}

/* --- keys ---------------------------------------------------------------------------------- */

static void a_key_loads_again_from_its_private_file(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct ov_id owner = ov_id_new();
    struct vault_key *key = NULL;
    struct vault_key *loaded = NULL;
    struct ov_secret sealed = OV_SECRET_INIT;
    struct ov_secret opened = OV_SECRET_INIT;
    char path[256];
    assert_fine(vault_key_create(f->vault, VAULT_WATCHLIST, &owner, &key, &err), &err);
    assert_fine(vault_seal(key, "entry.name", &owner, "somebody", 8, &sealed, &err), &err);
    vault_key_free(key);
    assert_fine(vault_key_load(f->vault, VAULT_WATCHLIST, &owner, &loaded, &err), &err);
    assert_fine(vault_unseal(loaded, "entry.name", &owner, sealed.data, sealed.size, &opened, &err),
                &err);
    assert_memory_equal(opened.data, "somebody", 8);
    assert_int_equal(mode_of(path_of(f, "watchlist", &owner, path)), 0600);
    ov_secret_free(&sealed);
    ov_secret_free(&opened);
    vault_key_free(loaded);
    assert_refused(vault_key_create(f->vault, VAULT_WATCHLIST, &owner, &key, &err), OV_ERR_EXISTS,
                   "vault.key_exists", &err);
}

static void a_destroyed_key_is_gone_for_good(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct ov_id owner = ov_id_new();
    struct vault_key *key = NULL;
    char path[256];
    char witness[300];
    uint8_t before[KEY_FILE_BYTES];
    uint8_t after[KEY_FILE_BYTES];
    assert_fine(vault_key_create(f->vault, VAULT_ALERT, &owner, &key, &err), &err);
    vault_key_free(key);
    path_of(f, "alert", &owner, path);
    read_file(path, before, sizeof(before));
    /* A second name of the same file shows what became of its bytes. */
    (void)snprintf(witness, sizeof(witness), "%s/witness", f->root);
    assert_int_equal(link(path, witness), 0);
    assert_fine(vault_key_destroy(f->vault, VAULT_ALERT, &owner, &err), &err);
    read_file(witness, after, sizeof(after));
    assert_int_equal(access(path, F_OK), -1);
    size_t same = 0;
    for (size_t i = 0; i < KEY_FILE_BYTES; i++)
        same += before[i] == after[i];
    assert_true(same < 16);
    assert_refused(vault_key_load(f->vault, VAULT_ALERT, &owner, &key, &err), OV_ERR_NOT_FOUND,
                   "vault.key_gone", &err);
    assert_fine(vault_key_destroy(f->vault, VAULT_ALERT, &owner, &err), &err);
}

static void a_damaged_key_file_is_refused(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct ov_id owner = ov_id_new();
    struct vault_key *key = NULL;
    struct vault_key *loaded = NULL;
    char path[256];
    uint8_t good[KEY_FILE_BYTES + 1] = {0};
    assert_fine(vault_key_create(f->vault, VAULT_WATCHLIST, &owner, &key, &err), &err);
    vault_key_free(key);
    path_of(f, "watchlist", &owner, path);
    read_file(path, good, KEY_FILE_BYTES);
    for (size_t size = 1; size < KEY_FILE_BYTES; size += 10) {
        write_file(path, good, size);
        assert_refused(vault_key_load(f->vault, VAULT_WATCHLIST, &owner, &loaded, &err),
                       OV_ERR_CRYPTO, "vault.bad_key", &err);
    }
    write_file(path, good, 0);
    assert_refused(vault_key_load(f->vault, VAULT_WATCHLIST, &owner, &loaded, &err), OV_ERR_INVALID,
                   "file.empty", &err);
    write_file(path, good, KEY_FILE_BYTES + 1);
    assert_refused(vault_key_load(f->vault, VAULT_WATCHLIST, &owner, &loaded, &err), OV_ERR_LIMIT,
                   "file.size", &err);
    for (size_t at = 0; at < KEY_FILE_BYTES; at++) {
        good[at] ^= 0x80;
        write_file(path, good, KEY_FILE_BYTES);
        assert_refused(vault_key_load(f->vault, VAULT_WATCHLIST, &owner, &loaded, &err),
                       OV_ERR_CRYPTO, "vault.bad_key", &err);
        good[at] ^= 0x80;
    }
    /* Another owner's file, or the same owner's of another class, under this name. */
    struct ov_id other = ov_id_new();
    char other_path[256];
    assert_fine(vault_key_create(f->vault, VAULT_WATCHLIST, &other, &key, &err), &err);
    vault_key_free(key);
    assert_int_equal(rename(path_of(f, "watchlist", &other, other_path), path), 0);
    assert_refused(vault_key_load(f->vault, VAULT_WATCHLIST, &owner, &loaded, &err), OV_ERR_CRYPTO,
                   "vault.bad_key", &err);
    write_file(path_of(f, "alert", &owner, other_path), good, KEY_FILE_BYTES);
    assert_refused(vault_key_load(f->vault, VAULT_ALERT, &owner, &loaded, &err), OV_ERR_CRYPTO,
                   "vault.bad_key", &err);
    /* The right one again. */
    write_file(path, good, KEY_FILE_BYTES);
    assert_fine(vault_key_load(f->vault, VAULT_WATCHLIST, &owner, &loaded, &err), &err);
    vault_key_free(loaded);
}

static void an_open_key_file_is_refused(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct ov_id owner = ov_id_new();
    struct vault_key *key = NULL;
    char path[256];
    assert_fine(vault_key_create(f->vault, VAULT_WATCHLIST, &owner, &key, &err), &err);
    vault_key_free(key);
    assert_int_equal(chmod(path_of(f, "watchlist", &owner, path), 0640), 0);
    assert_refused(vault_key_load(f->vault, VAULT_WATCHLIST, &owner, &key, &err), OV_ERR_DENIED,
                   "file.mode", &err);
}

/* --- the folder ---------------------------------------------------------------------------- */

static void init_leaves_what_is_there(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    uint8_t before[32];
    uint8_t after[32];
    assert_int_equal(mode_of(f->key_path), 0600);
    assert_int_equal(mode_of(f->dir), 0700);
    read_file(f->key_path, before, sizeof(before));
    assert_fine(vault_init(f->dir, f->key_path, &err), &err);
    read_file(f->key_path, after, sizeof(after));
    assert_memory_equal(before, after, sizeof(before));
}

static void another_installation_key_opens_nothing_and_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct vault *vault = NULL;
    char other[160];
    uint8_t noise[33];
    ov_random(noise, sizeof(noise));
    (void)snprintf(other, sizeof(other), "%s/other.key", f->root);
    write_file(other, noise, 32);
    assert_refused(vault_open(f->dir, other, &vault, &err), OV_ERR_CRYPTO, "vault.wrong_key", &err);
    assert_null(vault);
    write_file(other, noise, 31);
    assert_refused(vault_open(f->dir, other, &vault, &err), OV_ERR_CRYPTO, "vault.bad_key", &err);
    write_file(other, noise, 33);
    assert_refused(vault_open(f->dir, other, &vault, &err), OV_ERR_LIMIT, "file.size", &err);
    /* The key is gone: no new one is made for a vault that it could not open. */
    (void)unlink(other);
    assert_refused(vault_open(f->dir, other, &vault, &err), OV_ERR_NOT_FOUND, "file.open", &err);
    assert_refused(vault_init(f->dir, other, &err), OV_ERR_NOT_FOUND, "vault.no_key", &err);
    assert_int_equal(access(other, F_OK), -1);
}

static void a_vault_open_to_others_is_refused(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct vault *vault = NULL;
    char paths[4][160];
    (void)snprintf(paths[0], sizeof(paths[0]), "%s", f->dir);
    (void)snprintf(paths[1], sizeof(paths[1]), "%s/alert", f->dir);
    (void)snprintf(paths[2], sizeof(paths[2]), "%s/check", f->dir);
    (void)snprintf(paths[3], sizeof(paths[3]), "%s", f->key_path);
    for (size_t i = 0; i < 4; i++) {
        mode_t before = mode_of(paths[i]);
        assert_int_equal(chmod(paths[i], before | 0004), 0);
        assert_refused(vault_open(f->dir, f->key_path, &vault, &err), OV_ERR_DENIED, "file.mode",
                       &err);
        assert_int_equal(chmod(paths[i], before), 0);
    }
    assert_fine(vault_open(f->dir, f->key_path, &vault, &err), &err);
    vault_close(vault);
}

static void a_damaged_check_file_is_a_wrong_key(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct vault *vault = NULL;
    char path[160];
    (void)snprintf(path, sizeof(path), "%s/check", f->dir);
    write_file(path, "short", 5);
    assert_refused(vault_open(f->dir, f->key_path, &vault, &err), OV_ERR_CRYPTO, "vault.wrong_key",
                   &err);
    (void)unlink(path);
    assert_refused(vault_open(f->dir, f->key_path, &vault, &err), OV_ERR_NOT_FOUND, "file.open",
                   &err);
}

static void a_vault_that_is_not_there_is_called_missing(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct vault *vault = NULL;
    char dir[160];
    (void)snprintf(dir, sizeof(dir), "%s/nowhere", f->dir);
    assert_refused(vault_open(dir, f->key_path, &vault, &err), OV_ERR_NOT_FOUND, "vault.missing",
                   &err);
}

static void a_path_that_is_too_long_is_refused(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct vault *vault = NULL;
    static char dir[5000];
    memset(dir, 'd', sizeof(dir) - 1);
    assert_refused(vault_init(dir, f->key_path, &err), OV_ERR_LIMIT, "vault.path", &err);
    assert_refused(vault_open(dir, f->key_path, &vault, &err), OV_ERR_LIMIT, "vault.path", &err);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest vault[] = {
        EACH(what_was_sealed_opens_again),
        EACH(sealing_twice_gives_different_bytes),
        EACH(a_change_of_any_byte_is_noticed),
        EACH(sealed_bytes_open_in_their_own_place_only),
        EACH(a_key_loads_again_from_its_private_file),
        EACH(a_destroyed_key_is_gone_for_good),
        EACH(a_damaged_key_file_is_refused),
        EACH(an_open_key_file_is_refused),
        EACH(init_leaves_what_is_there),
        EACH(another_installation_key_opens_nothing_and_changes_nothing),
        EACH(a_vault_open_to_others_is_refused),
        EACH(a_damaged_check_file_is_a_wrong_key),
        EACH(a_vault_that_is_not_there_is_called_missing),
        EACH(a_path_that_is_too_long_is_refused),
    };
    return cmocka_run_group_tests(vault, NULL, NULL);
}
