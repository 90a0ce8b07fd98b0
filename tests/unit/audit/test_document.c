/* Documents: their exact bytes, and what they refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/bytes.h"
#include "server/audit/document.h"

/* README.md has this vector. */
static const char vector[] =
    "{\"cameras\":[{\"camera\":\"gate-1\",\"zone_px\":[0,0,640,480]},{\"camera\":\"gate-2\",\"zone_"
    "px\":[]}],\"deployment\":\"33333333-3333-4333-8333-333333333333\",\"impact_assessment\":"
    "\"00ff10\",\"kind\":\"application\",\"means_considered\":[\"First "
    "line.\",\"\",\"Third.\"],\"policy_version\":1,\"purpose\":\"Ren\xc3\xa9"
    "e's "
    "\\\"exercise\\\"\",\"v\":1,\"window\":{\"ends_at_us\":1777665600000000,\"starts_at_us\":"
    "1777636800000000}}";
static const char vector_sha256[] =
    "bf78903fd175caa4ab37c91a30b3a223c6703c3279bd6afd9ded304685cfc84a";

static struct ov_id deployment(void)
{
    struct ov_id id;
    assert_int_equal(ov_id_parse("33333333-3333-4333-8333-333333333333", &id), OV_OK);
    return id;
}

/* Takes the document. */
static void assert_body(struct audit_document *document, const char *wanted)
{
    struct ov_buf body = OV_BUF_INIT;
    uint8_t digest[OV_DIGEST_BYTES];
    struct ov_error err = OV_ERROR_INIT;
    assert_int_equal(audit_document_finish(document, &body, digest, &err), OV_OK);
    assert_string_equal(body.data, wanted);
    ov_buf_free(&body);
    audit_document_free(document);
}

static void assert_bad(struct audit_document *document, const char *why)
{
    uint8_t digest[OV_DIGEST_BYTES];
    struct ov_error err = OV_ERROR_INIT;
    assert_int_equal(audit_document_finish(document, NULL, digest, &err), OV_ERR_INTERNAL);
    assert_string_equal(err.code, "document.bad");
    assert_non_null(strstr(err.text, why));
    audit_document_free(document);
}

static void camera(struct audit_document *document, const char *name, const int *zone)
{
    audit_document_object(document, NULL);
    audit_document_array(document, "zone_px");
    for (size_t i = 0; zone != NULL && i < 4; i++)
        audit_document_int(document, NULL, zone[i]);
    audit_document_end(document);
    audit_document_text(document, "camera", name);
    audit_document_end(document);
}

static void the_vector_of_the_readme_comes_out_byte_for_byte(void **state)
{
    (void)state;
    static const int zone[] = {0, 0, 640, 480};
    struct ov_id id = deployment();
    struct ov_buf body = OV_BUF_INIT;
    struct ov_error err = OV_ERROR_INIT;
    uint8_t digest[OV_DIGEST_BYTES];
    char hex[2 * OV_DIGEST_BYTES + 1];
    struct audit_document *document = audit_document_new("application", &id);
    audit_document_text(document, "purpose",
                        "Ren\xc3\xa9"
                        "e's \"exercise\"");
    audit_document_lines(document, "means_considered", "First line.\r\n\nThird.\n");
    audit_document_int(document, "policy_version", 1);
    audit_document_array(document, "cameras");
    camera(document, "gate-1", zone);
    camera(document, "gate-2", NULL);
    audit_document_end(document);
    audit_document_object(document, "window");
    audit_document_int(document, "starts_at_us", 1777636800000000);
    audit_document_int(document, "ends_at_us", 1777665600000000);
    audit_document_end(document);
    audit_document_digest(document, "impact_assessment", "\x00\xff\x10", 3);
    assert_int_equal(audit_document_finish(document, &body, digest, &err), OV_OK);
    assert_string_equal(body.data, vector);
    assert_string_equal(ov_hex_encode(digest, sizeof(digest), hex), vector_sha256);
    ov_buf_free(&body);
    audit_document_free(document);
}

static void a_document_of_the_installation_names_no_deployment(void **state)
{
    (void)state;
    assert_body(audit_document_new("policy", NULL), "{\"kind\":\"policy\",\"v\":1}");
}

static void arrays_keep_their_order_and_objects_are_sorted(void **state)
{
    (void)state;
    struct audit_document *document = audit_document_new("x", NULL);
    audit_document_array(document, "a");
    static const char *const texts[] = {"z", "a", "", "z"};
    for (size_t i = 0; i < 4; i++)
        audit_document_text(document, NULL, texts[i]);
    audit_document_object(document, NULL);
    audit_document_int(document, "b", INT64_MIN);
    audit_document_int(document, "a_", INT64_MAX);
    audit_document_int(document, "aa", 0);
    audit_document_end(document);
    audit_document_end(document);
    audit_document_lines(document, "none", "");
    audit_document_lines(document, "tab", "a\tb");
    assert_body(document, "{\"a\":[\"z\",\"a\",\"\",\"z\",{\"a_\":9223372036854775807,\"aa\":0,"
                          "\"b\":-9223372036854775808}],\"kind\":\"x\",\"none\":[],"
                          "\"tab\":[\"a b\"],\"v\":1}");
}

static void texts_that_are_not_clean_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"a\nb", "\x01", "\x7f", "\xc2\x85", "\xff", "\xed\xa0\x80"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct audit_document *document = audit_document_new("x", NULL);
        audit_document_text(document, "t", texts[i]);
        assert_bad(document, "text");
    }
    struct audit_document *document = audit_document_new("x", NULL);
    audit_document_lines(document, "t", "fine\n\x01");
    assert_bad(document, "text");
    char *long_text = calloc(1, DOCUMENT_TEXT_MAX + 2);
    memset(long_text, 'a', DOCUMENT_TEXT_MAX + 1);
    document = audit_document_new("x", NULL);
    audit_document_text(document, "t", long_text);
    assert_bad(document, "text");
    document = audit_document_new("x", NULL);
    audit_document_lines(document, "t", long_text);
    assert_bad(document, "text");
    free(long_text);
}

static void keys_are_checked_and_given_once(void **state)
{
    (void)state;
    static const char *const keys[] = {"", "Key", "a-b", "a b", "key1"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct audit_document *document = audit_document_new("x", NULL);
        audit_document_int(document, keys[i], 1);
        assert_bad(document, "key");
    }
    struct audit_document *document = audit_document_new("x", NULL);
    audit_document_int(document, "kind", 1);
    assert_bad(document, "key given twice");
    document = audit_document_new("x", NULL);
    audit_document_int(document, NULL, 1);
    assert_bad(document, "key");
    document = audit_document_new("x", NULL);
    audit_document_array(document, "a");
    audit_document_int(document, "b", 1);
    assert_bad(document, "key");
}

static void levels_are_closed_and_few(void **state)
{
    (void)state;
    struct audit_document *document = audit_document_new("x", NULL);
    audit_document_object(document, "a");
    assert_bad(document, "end");
    document = audit_document_new("x", NULL);
    audit_document_end(document);
    assert_bad(document, "level");
    document = audit_document_new("x", NULL);
    for (int i = 0; i < 9; i++)
        audit_document_object(document, "a");
    assert_bad(document, "depth");
    assert_bad(audit_document_new("", NULL), "kind");
    assert_bad(audit_document_new("Two words", NULL), "kind");
}

static void what_is_too_large_as_a_whole_is_refused(void **state)
{
    (void)state;
    char *text = calloc(1, DOCUMENT_TEXT_MAX + 1);
    struct audit_document *document = audit_document_new("x", NULL);
    uint8_t digest[OV_DIGEST_BYTES];
    struct ov_error err = OV_ERROR_INIT;
    memset(text, 'a', DOCUMENT_TEXT_MAX);
    audit_document_array(document, "a");
    for (int i = 0; i < 8; i++)
        audit_document_text(document, NULL, text);
    audit_document_end(document);
    assert_int_equal(audit_document_finish(document, NULL, digest, &err), OV_ERR_LIMIT);
    assert_string_equal(err.code, "document.too_large");
    audit_document_free(document);
    free(text);
}

static void lack_of_memory_is_told_at_the_end(void **state)
{
    (void)state;
    struct ov_error err = OV_ERROR_INIT;
    uint8_t digest[OV_DIGEST_BYTES];
    struct ov_id id = deployment();
    audit_document_text(NULL, "a", "b");
    audit_document_lines(NULL, "a", "b");
    audit_document_int(NULL, "a", 1);
    audit_document_digest(NULL, "a", "b", 1);
    audit_document_id(NULL, "a", &id);
    audit_document_object(NULL, "a");
    audit_document_array(NULL, "a");
    audit_document_end(NULL);
    audit_document_free(NULL);
    assert_int_equal(audit_document_write(NULL, NULL, digest, &err), OV_ERR_NOMEM);
}

int main(void)
{
    const struct CMUnitTest documents[] = {
        cmocka_unit_test(the_vector_of_the_readme_comes_out_byte_for_byte),
        cmocka_unit_test(a_document_of_the_installation_names_no_deployment),
        cmocka_unit_test(arrays_keep_their_order_and_objects_are_sorted),
        cmocka_unit_test(texts_that_are_not_clean_are_refused),
        cmocka_unit_test(keys_are_checked_and_given_once),
        cmocka_unit_test(levels_are_closed_and_few),
        cmocka_unit_test(what_is_too_large_as_a_whole_is_refused),
        cmocka_unit_test(lack_of_memory_is_told_at_the_end),
    };
    return cmocka_run_group_tests(documents, NULL, NULL);
}
