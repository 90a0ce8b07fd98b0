/* Attacks as the server's role, and the words they are made of. */
#include "tests/integration/store/fixture.h"

static void print_sql(char *out, size_t size, const char *format, va_list args)
{
    int length = vsnprintf(out, size, format, args);
    assert_true(length > 0 && (size_t)length < size);
}

void server_refused(struct fixture *f, const char *wanted, const char *format, ...)
{
    char sql[8192];
    va_list args;
    va_start(args, format);
    print_sql(sql, sizeof(sql), format, args);
    va_end(args);
    pg_refuses(f->pg, "server", wanted, sql);
}

void server_allowed(struct fixture *f, const char *format, ...)
{
    char sql[8192];
    va_list args;
    va_start(args, format);
    print_sql(sql, sizeof(sql), format, args);
    va_end(args);
    pg_allows(f->pg, "server", sql);
}

void past_triggers(struct fixture *f, const char *format, ...)
{
    char sql[8192] = "SET session_replication_role = replica; ";
    size_t used = strlen(sql);
    va_list args;
    va_start(args, format);
    print_sql(sql + used, sizeof(sql) - used, format, args);
    va_end(args);
    pg_sql(f->pg, "admin", sql);
}

struct id_text id_text(const struct ov_id *id)
{
    struct id_text ret;
    (void)ov_id_format(id, ret.text);
    return ret;
}

struct digest_text digest_text(const uint8_t digest[OV_DIGEST_BYTES])
{
    struct digest_text ret;
    for (size_t i = 0; i < OV_DIGEST_BYTES; i++)
        (void)snprintf(ret.text + 2 * i, 3, "%02x", digest[i]);
    return ret;
}

struct digest_text fixture_document(struct fixture *f, const char *kind,
                                    const struct ov_id *deployment_id)
{
    struct ov_error err = OV_ERROR_INIT;
    uint8_t digest[OV_DIGEST_BYTES];
    assert_fine(store_begin(f->store, &err), &err);
    pg_seed_document(f->store, kind, deployment_id, digest);
    pg_seed_event(f->store);
    assert_fine(store_commit(f->store, &err), &err);
    return digest_text(digest);
}
