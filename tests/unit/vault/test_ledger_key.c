/* The ledger's key: made once, private, and its pseudonyms to the byte. */
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
#include "server/vault/ledger_key.h"

struct fixture {
    char root[64];
    char path[128];
};

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
    static struct fixture fixture;
    (void)snprintf(fixture.root, sizeof(fixture.root), "/tmp/overt-ledger-test.XXXXXX");
    assert_non_null(mkdtemp(fixture.root));
    (void)snprintf(fixture.path, sizeof(fixture.path), "%s/ledger.key", fixture.root);
    *state = &fixture;
    return 0;
}

static int stop(void **state)
{
    struct fixture *f = *state;
    (void)unlink(f->path);
    return rmdir(f->root);
}

static void write_key(const struct fixture *f, size_t size)
{
    uint8_t bytes[64];
    struct ov_error err = OV_ERROR_INIT;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)i;
    (void)unlink(f->path);
    assert_int_equal(ov_file_write_new(f->path, 0600, bytes, size, &err), OV_OK);
}

static void a_key_is_made_once_and_is_the_owners_alone(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct stat info;
    struct ledger_key *key = NULL;
    assert_refused(ledger_key_load(f->path, &key, &err), OV_ERR_NOT_FOUND, "ledger.no_key", &err);
    assert_int_equal(ledger_key_make(f->path, &err), OV_OK);
    assert_int_equal(stat(f->path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_int_equal(ledger_key_make(f->path, &err), OV_ERR_EXISTS);
    ov_error_clear(&err);
    assert_int_equal(ledger_key_load(f->path, &key, &err), OV_OK);
    ledger_key_free(key);
}

/* Computed with Python's hmac for the key 00 01 02 ... 1f. */
static void a_pseudonym_is_the_hmac_of_the_reference(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct ledger_key *key = NULL;
    uint8_t out[LEDGER_PSEUDONYM_BYTES];
    char hex[2 * LEDGER_PSEUDONYM_BYTES + 1];
    write_key(f, 32);
    assert_int_equal(ledger_key_load(f->path, &key, &err), OV_OK);
    assert_int_equal(ledger_key_pseudonym(key, "REF-0001", 8, out, &err), OV_OK);
    assert_string_equal(ov_hex_encode(out, sizeof(out), hex),
                        "0e25612a51b7957849576624a7cd629fb82f424f8a64646a644e2e2e71fe25fc");
    assert_int_equal(ledger_key_fingerprint(key, out, &err), OV_OK);
    assert_string_equal(ov_hex_encode(out, sizeof(out), hex),
                        "4c3a91d0502206d10519c607c70bda9fab7ebf922599b9609b2a55774099319f");
    assert_refused(ledger_key_pseudonym(key, "", 0, out, &err), OV_ERR_INVALID, "ledger.reference",
                   &err);
    ledger_key_free(key);
}

/* Likewise: hmac.new(key, b"\0overt ledger image v1\0" + sha256(b"a file").digest(), sha256). */
static void an_images_digest_is_the_hmac_of_the_files(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct ledger_key *key = NULL;
    uint8_t out[LEDGER_IMAGE_BYTES];
    uint8_t pseudonym[LEDGER_PSEUDONYM_BYTES];
    char hex[2 * LEDGER_IMAGE_BYTES + 1];
    write_key(f, 32);
    assert_int_equal(ledger_key_load(f->path, &key, &err), OV_OK);
    assert_int_equal(ledger_key_image(key, "a file", 6, out, &err), OV_OK);
    assert_string_equal(ov_hex_encode(out, sizeof(out), hex),
                        "f7b2fff545ef8bd489ad0963bc2cde6855f8c4e0e86d36890110a2e0c29ea42b");
    /* A reference of the same bytes has nothing in common with it. */
    assert_int_equal(ledger_key_pseudonym(key, "a file", 6, pseudonym, &err), OV_OK);
    assert_memory_not_equal(out, pseudonym, sizeof(out));
    assert_refused(ledger_key_image(key, "", 0, out, &err), OV_ERR_CRYPTO, "ledger.image", &err);
    ledger_key_free(key);
}

static void a_key_that_others_could_read_is_refused(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct ledger_key *key = NULL;
    static const mode_t open_to_others[] = {0640, 0604, 0660, 0666, 0620};
    write_key(f, 32);
    for (size_t i = 0; i < sizeof(open_to_others) / sizeof(open_to_others[0]); i++) {
        assert_int_equal(chmod(f->path, open_to_others[i]), 0);
        assert_refused(ledger_key_load(f->path, &key, &err), OV_ERR_DENIED, "ledger.key_mode",
                       &err);
    }
}

/* The data-protection officer's account, which only root can stand in for. */
static void another_accounts_key_may_be_read_by_the_servers_group(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct ledger_key *key = NULL;
    if (geteuid() != 0)
        skip();
    write_key(f, 32);
    assert_int_equal(chown(f->path, 65534, 65534), 0);
    assert_int_equal(chmod(f->path, 0640), 0);
    assert_int_equal(ledger_key_load(f->path, &key, &err), OV_OK);
    ledger_key_free(key);
    assert_int_equal(chmod(f->path, 0660), 0);
    assert_refused(ledger_key_load(f->path, &key, &err), OV_ERR_DENIED, "ledger.key_mode", &err);
}

static void what_is_no_key_is_refused(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct ledger_key *key = NULL;
    static const size_t sizes[] = {1, 31, 33, 64};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        write_key(f, sizes[i]);
        assert_refused(ledger_key_load(f->path, &key, &err), OV_ERR_CRYPTO, "ledger.bad_key", &err);
    }
    (void)unlink(f->path);
    assert_int_equal(symlink("/dev/zero", f->path), 0);
    assert_refused(ledger_key_load(f->path, &key, &err), OV_ERR_IO, "ledger.bad_key", &err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_key_is_made_once_and_is_the_owners_alone, start, stop),
        cmocka_unit_test_setup_teardown(a_pseudonym_is_the_hmac_of_the_reference, start, stop),
        cmocka_unit_test_setup_teardown(an_images_digest_is_the_hmac_of_the_files, start, stop),
        cmocka_unit_test_setup_teardown(a_key_that_others_could_read_is_refused, start, stop),
        cmocka_unit_test_setup_teardown(another_accounts_key_may_be_read_by_the_servers_group,
                                        start, stop),
        cmocka_unit_test_setup_teardown(what_is_no_key_is_refused, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
