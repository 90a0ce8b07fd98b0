/* Signed notes and checkpoints: against a published note, and against forgeries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/audit/log/checkpoint.h"

/* From the documentation of golang.org/x/mod/sumdb/note. */
static const char go_key[] = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
static const char go_note[] =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\xe2\x80\x94 PeterNeumann "
    "x08go/ZJkuBS9UG/"
    "SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

static char folder[] = "/tmp/overt-note-XXXXXX";
static struct note_signer *log_signer;
static struct note_signer *witness;

static struct note_signer *make_signer(const char *name, enum note_key_type type)
{
    char path[128];
    struct ov_error err = OV_ERROR_INIT;
    struct note_signer *signer = NULL;
    (void)snprintf(path, sizeof(path), "%s/%d.pem", folder, (int)type);
    assert_int_equal(note_signer_make(path, &err), OV_OK);
    assert_int_equal(note_signer_make(path, &err), OV_ERR_EXISTS); /* never over another key */
    assert_int_equal(note_signer_load(path, name, type, &signer, &err), OV_OK);
    return signer;
}

static int setup(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    log_signer = make_signer("force.example/overt", NOTE_KEY_SIGNER);
    witness = make_signer("witness.example", NOTE_KEY_WITNESS);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    char path[128];
    note_signer_free(log_signer);
    note_signer_free(witness);
    (void)snprintf(path, sizeof(path), "%s/1.pem", folder);
    (void)unlink(path);
    (void)snprintf(path, sizeof(path), "%s/4.pem", folder);
    (void)unlink(path);
    return rmdir(folder);
}

static struct checkpoint example(void)
{
    struct checkpoint checkpoint = {.origin = "force.example/overt", .size = 4242};
    memset(checkpoint.root.bytes, 0xa5, TREE_HASH_BYTES);
    return checkpoint;
}

static void sign_example(struct ov_buf *note)
{
    struct checkpoint checkpoint = example();
    struct ov_error err = OV_ERROR_INIT;
    assert_int_equal(checkpoint_sign(&checkpoint, log_signer, note, &err), OV_OK);
}

/* --- notes --- */

static void test_a_note_of_another_program_is_read(void **state)
{
    (void)state;
    struct note_key key;
    struct ov_error err = OV_ERROR_INIT;
    struct ov_buf printed = OV_BUF_INIT;
    char changed[sizeof(go_note)];
    assert_int_equal(note_key_parse(go_key, &key, &err), OV_OK);
    note_key_print(&key, &printed);
    assert_string_equal(printed.data, go_key);
    assert_true(note_is_signed(go_note, strlen(go_note), &key, NULL));
    for (size_t i = 0; i < strlen(go_note); i++) {
        memcpy(changed, go_note, sizeof(go_note));
        changed[i] ^= 1;
        assert_false(note_is_signed(changed, strlen(go_note), &key, NULL));
        assert_false(note_is_signed(go_note, i, &key, NULL)); /* cut short */
    }
    ov_buf_free(&printed);
}

static void test_a_key_that_is_none_is_told_so(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T=",
        "PeterNeumann+c74f20a3+AhpcAA==",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW more",
    };
    struct note_key key;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct ov_error err = OV_ERROR_INIT;
        assert_int_equal(note_key_parse(wrong[i], &key, &err), OV_ERR_INVALID);
        assert_string_equal(err.code, "note.key");
    }
}

static void test_a_private_key_others_may_read_is_refused(void **state)
{
    (void)state;
    char path[128];
    struct ov_error err = OV_ERROR_INIT;
    struct note_signer *signer = NULL;
    (void)snprintf(path, sizeof(path), "%s/1.pem", folder);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_not_equal(note_signer_load(path, "a", NOTE_KEY_SIGNER, &signer, &err), OV_OK);
    assert_int_equal(chmod(path, 0600), 0);
    err = (struct ov_error)OV_ERROR_INIT;
    assert_int_equal(note_signer_load(path, "a b", NOTE_KEY_SIGNER, &signer, &err), OV_ERR_INVALID);
    assert_string_equal(err.code, "note.name");
}

/* --- checkpoints --- */

static void test_a_checkpoint_comes_back_as_it_was_signed(void **state)
{
    (void)state;
    struct checkpoint wanted = example();
    struct checkpoint got;
    struct ov_buf note = OV_BUF_INIT;
    struct ov_error err = OV_ERROR_INIT;
    sign_example(&note);
    assert_memory_equal(note.data,
                        "force.example/overt\n4242\n"
                        "paWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaU=\n\n",
                        70);
    assert_int_equal(
        checkpoint_open(note.data, note.length, note_signer_key(log_signer), &got, &err), OV_OK);
    assert_string_equal(got.origin, wanted.origin);
    assert_int_equal(got.size, wanted.size);
    assert_true(tree_hash_equal(&got.root, &wanted.root));
    ov_buf_free(&note);
}

static void test_a_changed_checkpoint_is_found(void **state)
{
    (void)state;
    struct ov_buf note = OV_BUF_INIT;
    struct checkpoint got;
    sign_example(&note);
    for (size_t i = 0; i < note.length; i++) {
        struct ov_error err = OV_ERROR_INIT;
        note.data[i] ^= 1;
        assert_int_not_equal(
            checkpoint_open(note.data, note.length, note_signer_key(log_signer), &got, &err),
            OV_OK);
        note.data[i] ^= 1;
    }
    ov_buf_free(&note);
}

static void test_a_checkpoint_of_another_log_is_told_so(void **state)
{
    (void)state;
    struct checkpoint checkpoint = example();
    struct checkpoint got;
    struct ov_buf note = OV_BUF_INIT;
    struct ov_error err = OV_ERROR_INIT;
    (void)snprintf(checkpoint.origin, sizeof(checkpoint.origin), "other.example/overt");
    assert_int_equal(checkpoint_sign(&checkpoint, log_signer, &note, &err), OV_OK);
    assert_int_equal(
        checkpoint_open(note.data, note.length, note_signer_key(log_signer), &got, &err),
        OV_ERR_CRYPTO);
    assert_string_equal(err.code, "checkpoint.origin");
    ov_buf_free(&note);
}

static void test_what_is_no_checkpoint_is_told_so(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "\n\n",
        "log\n1\n",
        "log\n1\npaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaU=\n",
        "log\n01\npaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaU=\n\n",
        "log\n+1\npaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaU=\n\n",
        "log\n-1\npaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaU=\n\n",
        "log\n1\npaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpQ==\n\n",
        "log\n99999999999999999999\npaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaU=\n\n",
    };
    struct checkpoint got;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct ov_error err = OV_ERROR_INIT;
        assert_int_equal(checkpoint_parse(wrong[i], strlen(wrong[i]), &got, &err), OV_ERR_INVALID);
        assert_string_equal(err.code, "checkpoint.form");
    }
}

static void test_a_witness_signs_with_its_time(void **state)
{
    (void)state;
    struct ov_buf note = OV_BUF_INIT;
    struct ov_error err = OV_ERROR_INIT;
    int64_t at_s = 0;
    sign_example(&note);
    size_t text = note_text_size(note.data, note.length);
    assert_false(note_is_signed(note.data, note.length, note_signer_key(witness), NULL));
    assert_int_equal(note_sign(witness, note.data, text, 1777636800, &note, &err), OV_OK);
    assert_true(note_is_signed(note.data, note.length, note_signer_key(witness), &at_s));
    assert_int_equal(at_s, 1777636800);
    assert_true(note_is_signed(note.data, note.length, note_signer_key(log_signer), NULL));
    ov_buf_free(&note);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_note_of_another_program_is_read),
        cmocka_unit_test(test_a_key_that_is_none_is_told_so),
        cmocka_unit_test(test_a_private_key_others_may_read_is_refused),
        cmocka_unit_test(test_a_checkpoint_comes_back_as_it_was_signed),
        cmocka_unit_test(test_a_changed_checkpoint_is_found),
        cmocka_unit_test(test_a_checkpoint_of_another_log_is_told_so),
        cmocka_unit_test(test_what_is_no_checkpoint_is_told_so),
        cmocka_unit_test(test_a_witness_signs_with_its_time),
    };
    return cmocka_run_group_tests_name("notes", tests, setup, teardown);
}
