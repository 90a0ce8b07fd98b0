/* Documents: kept byte for byte, found by their digest, never changed. */
#include "tests/integration/store/fixture.h"

#include <openssl/evp.h>

#include "server/store/documents.h"

#define BODY "{\"kind\":\"reasons\",\"text\":[\"why\"],\"v\":1}"

static void digest_of(const char *body, uint8_t digest[OV_DIGEST_BYTES])
{
    assert_int_equal(EVP_Digest(body, strlen(body), digest, NULL, EVP_sha256(), NULL), 1);
}

static enum ov_status write_document(struct fixture *f, const char *body, const char *kind,
                                     const struct ov_id *deployment_id, struct ov_error *err)
{
    uint8_t digest[OV_DIGEST_BYTES];
    digest_of(body, digest);
    return store_document_write(f->store, digest, kind, deployment_id, body, strlen(body), err);
}

static enum ov_status on_document(void *ctx, const struct document *document)
{
    int *calls = ctx;
    (*calls)++;
    assert_string_equal(document->kind, "reasons");
    assert_true(ov_id_is_zero(&document->deployment_id));
    assert_int_equal(document->body.size, strlen(BODY));
    assert_memory_equal(document->body.data, BODY, strlen(BODY));
    assert_true(document->written_at_us > 0);
    return OV_OK;
}

static void a_document_reads_back_byte_for_byte(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    uint8_t digest[OV_DIGEST_BYTES];
    int calls = 0;
    digest_of(BODY, digest);
    assert_refused(store_document_get(f->store, digest, on_document, &calls, &err),
                   OV_ERR_NOT_FOUND, "document.unknown", &err);
    act(f->store, write_document(f, BODY, "reasons", NULL, &act_err));
    act(f->store, write_document(f, BODY, "reasons", NULL, &act_err)); /* once more is fine */
    assert_fine(store_document_get(f->store, digest, on_document, &calls, &err), &err);
    assert_int_equal(calls, 1);
}

static void a_document_is_what_it_is_said_to_be(void **state)
{
    struct fixture *f = *state;
    struct ov_id some = ov_id_new();
    struct ov_error err = OV_ERROR_INIT;
    uint8_t digest[OV_DIGEST_BYTES] = {0};
    refused_act(f->store, write_document(f, BODY, "application", NULL, &act_err), OV_ERR_INTERNAL,
                "document.body");
    refused_act(f->store, write_document(f, BODY, "reasons", &some, &act_err), OV_ERR_INTERNAL,
                "document.body");
    refused_act(f->store, write_document(f, "{\"kind\":\"Bad\",\"v\":1}", "Bad", NULL, &act_err),
                OV_ERR_INTERNAL, "document.body");
    refused_act(f->store,
                store_document_write(f->store, digest, "reasons", NULL,
                                     "{\"kind\":\"reasons\","
                                     "\"v\":1}",
                                     24, &act_err),
                OV_ERR_INTERNAL, "document.digest");
    assert_refused(write_document(f, BODY, "reasons", NULL, &err), OV_ERR_STATE,
                   "store.no_transaction", &err);
}

static void a_document_comes_with_an_event_only(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    assert_fine(store_begin(f->store, &err), &err);
    assert_fine(write_document(f, "{\"kind\":\"silent\",\"v\":1}", "silent", NULL, &err), &err);
    assert_refused(store_commit(f->store, &err), OV_ERR_INTERNAL, "audit.missing", &err);
}

static void nobody_changes_or_removes_a_document(void **state)
{
    struct fixture *f = *state;
    static const char *const sql[] = {
        "UPDATE audit.document SET kind = 'other'", "DELETE FROM audit.document",
        "TRUNCATE audit.document CASCADE",
        "INSERT INTO audit.document (digest, kind, body) VALUES (sha256('{}'), 'x', '{}')"};
    for (size_t i = 0; i < sizeof(sql) / sizeof(sql[0]); i++) {
        pg_refuses(f->pg, "server", PG_DENIED, sql[i]);
        pg_refuses(f->pg, "oversight", PG_DENIED, sql[i]);
    }
    for (size_t i = 0; i < 3; i++)
        pg_refuses(f->pg, "owner", PG_DENIED, sql[i]);
    pg_sql(f->pg, "oversight", "SELECT * FROM audit.document");
}

int run_document_tests(void)
{
    const struct CMUnitTest documents[] = {
        cmocka_unit_test(a_document_reads_back_byte_for_byte),
        cmocka_unit_test(a_document_is_what_it_is_said_to_be),
        cmocka_unit_test(a_document_comes_with_an_event_only),
        cmocka_unit_test(nobody_changes_or_removes_a_document),
    };
    return cmocka_run_group_tests(documents, fixture_start, fixture_stop);
}
