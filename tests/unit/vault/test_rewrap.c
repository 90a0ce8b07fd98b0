/* A new installation key: after it the old one opens nothing, whenever the rotation was
 * interrupted. */
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/bytes.h"
#include "common/base/file.h"
#include "server/vault/vault.h"

#define KEYS 60

struct fixture {
    char root[64];
    char dir[128];
    char old_key[128];
    char new_key[128];
    struct ov_id owners[KEYS];
    struct ov_secret sealed[KEYS];
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

static enum vault_class class_of(int i)
{
    return i % 3 == 0 ? VAULT_WATCHLIST : VAULT_ALERT;
}

static int start(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct ov_error err = OV_ERROR_INIT;
    struct vault *vault = NULL;
    assert_non_null(f);
    (void)snprintf(f->root, sizeof(f->root), "/tmp/overt-rewrap-test.XXXXXX");
    assert_non_null(mkdtemp(f->root));
    (void)snprintf(f->dir, sizeof(f->dir), "%s/vault", f->root);
    (void)snprintf(f->old_key, sizeof(f->old_key), "%s/old.key", f->root);
    (void)snprintf(f->new_key, sizeof(f->new_key), "%s/new.key", f->root);
    assert_fine(vault_init(f->dir, f->old_key, &err), &err);
    assert_fine(vault_open(f->dir, f->old_key, &vault, &err), &err);
    for (int i = 0; i < KEYS; i++) {
        struct vault_key *key = NULL;
        f->owners[i] = ov_id_new();
        assert_fine(vault_key_create(vault, class_of(i), &f->owners[i], &key, &err), &err);
        assert_fine(vault_seal(key, "entry.name", &f->owners[i], "NAME", 4, &f->sealed[i], &err),
                    &err);
        vault_key_free(key);
    }
    vault_close(vault);
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
    for (int i = 0; i < KEYS; i++)
        ov_secret_free(&f->sealed[i]);
    int rc = nftw(f->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(f);
    return rc;
}

static void assert_all_open(struct fixture *f, const char *key_path)
{
    struct ov_error err = OV_ERROR_INIT;
    struct vault *vault = NULL;
    assert_fine(vault_open(f->dir, key_path, &vault, &err), &err);
    for (int i = 0; i < KEYS; i++) {
        struct vault_key *key = NULL;
        struct ov_secret name = OV_SECRET_INIT;
        assert_fine(vault_key_load(vault, class_of(i), &f->owners[i], &key, &err), &err);
        assert_fine(vault_unseal(key, "entry.name", &f->owners[i], f->sealed[i].data,
                                 f->sealed[i].size, &name, &err),
                    &err);
        assert_memory_equal(name.data, "NAME", 4);
        ov_secret_free(&name);
        vault_key_free(key);
    }
    vault_close(vault);
}

static enum ov_status rewrap(struct fixture *f, struct vault_rewrapped *counts,
                             struct ov_error *err)
{
    return vault_rewrap(f->dir, f->old_key, f->new_key, NULL, NULL, counts, err);
}

static void after_a_rotation_the_old_key_opens_nothing(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct vault_rewrapped counts = {0, 0};
    struct vault *vault = NULL;
    assert_fine(rewrap(f, &counts, &err), &err);
    assert_int_equal(counts.now, KEYS);
    assert_all_open(f, f->new_key);
    assert_refused(vault_open(f->dir, f->old_key, &vault, &err), OV_ERR_CRYPTO, "vault.wrong_key",
                   &err);
    /* Once more, as after a power cut that came at the very end. */
    assert_fine(rewrap(f, &counts, &err), &err);
    assert_all_open(f, f->new_key);
    assert_refused(vault_rewrap(f->dir, f->new_key, f->new_key, NULL, NULL, &counts, &err),
                   OV_ERR_INVALID, "vault.same_key", &err);
}

static void a_vault_in_use_is_not_rotated(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct vault_rewrapped counts;
    struct vault *vault = NULL;
    assert_fine(vault_open(f->dir, f->old_key, &vault, &err), &err);
    assert_refused(rewrap(f, &counts, &err), OV_ERR_STATE, "vault.in_use", &err);
    vault_close(vault);
    assert_all_open(f, f->old_key);
}

static void a_wrong_old_key_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct vault_rewrapped counts;
    char other[160];
    char third[160];
    (void)snprintf(other, sizeof(other), "%s/other.key", f->root);
    (void)snprintf(third, sizeof(third), "%s/third.key", f->root);
    uint8_t bytes[32] = {7};
    assert_fine(ov_file_write_new(other, 0600, bytes, sizeof(bytes), &err), &err);
    assert_refused(vault_rewrap(f->dir, other, third, NULL, NULL, &counts, &err), OV_ERR_CRYPTO,
                   "vault.wrong_key", &err);
    assert_all_open(f, f->old_key);
    (void)snprintf(other, sizeof(other), "%s/missing.key", f->root);
    assert_int_not_equal(vault_rewrap(f->dir, other, third, NULL, NULL, &counts, &err), OV_OK);
    assert_all_open(f, f->old_key);
}

static void a_damaged_key_file_is_named_and_left(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct vault_rewrapped counts;
    char path[256];
    char text[OV_ID_TEXT_SIZE];
    uint8_t noise[61];
    struct ov_id stranger = ov_id_new();
    ov_random(noise, sizeof(noise));
    (void)snprintf(path, sizeof(path), "%s/alert/%s.key", f->dir, ov_id_format(&stranger, text));
    assert_fine(ov_file_write_new(path, 0600, noise, sizeof(noise), &err), &err);
    assert_int_equal(rewrap(f, &counts, &err), OV_ERR_CRYPTO);
    assert_string_equal(err.code, "vault.bad_key");
    assert_non_null(strstr(err.text, text));
    ov_error_clear(&err);
    assert_int_equal(unlink(path), 0);
    assert_fine(rewrap(f, &counts, &err), &err);
    assert_all_open(f, f->new_key);
}

static void kill_in_mid_rotation(struct fixture *f, long after_us)
{
    struct timespec wait = {0, after_us * 1000};
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct vault_rewrapped counts;
        struct ov_error err = OV_ERROR_INIT;
        _exit(rewrap(f, &counts, &err) == OV_OK ? 0 : 1);
    }
    (void)nanosleep(&wait, NULL);
    (void)kill(child, SIGKILL);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
}

static long scaled(long count)
{
    const char *scale = getenv("OVERT_TEST_SCALE");
    long percent = scale != NULL ? strtol(scale, NULL, 10) : 100;
    return count * percent / 100 > 0 ? count * percent / 100 : 1;
}

/* Killed again and again, at other moments; half-way no server starts, neither key is refused for
 * good, and in the end all keys are the new one's. */
static void a_rotation_killed_at_any_moment_goes_on(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct vault_rewrapped counts = {0, 0};
    int interrupted = 0;
    for (long i = 0; i < scaled(12); i++) {
        kill_in_mid_rotation(f, 500 + (i * 7919) % 60000);
        struct vault *vault = NULL;
        enum ov_status status = vault_open(f->dir, f->old_key, &vault, &err);
        if (status == OV_ERR_STATE) {
            assert_string_equal(err.code, "vault.rotating");
            interrupted++;
        }
        vault_close(vault);
        ov_error_clear(&err);
    }
    assert_fine(rewrap(f, &counts, &err), &err);
    print_message("interrupted half-way: %d times; %lld keys by the last run\n", interrupted,
                  (long long)counts.now);
    assert_all_open(f, f->new_key);
    struct vault *vault = NULL;
    assert_refused(vault_open(f->dir, f->old_key, &vault, &err), OV_ERR_CRYPTO, "vault.wrong_key",
                   &err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(after_a_rotation_the_old_key_opens_nothing, start, stop),
        cmocka_unit_test_setup_teardown(a_vault_in_use_is_not_rotated, start, stop),
        cmocka_unit_test_setup_teardown(a_wrong_old_key_changes_nothing, start, stop),
        cmocka_unit_test_setup_teardown(a_damaged_key_file_is_named_and_left, start, stop),
        cmocka_unit_test_setup_teardown(a_rotation_killed_at_any_moment_goes_on, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
