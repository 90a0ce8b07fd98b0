/* Building events and writing them. An event belongs to one thread. */
#include "server/audit/event.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/audit/body.h"
#include "server/audit/canonical.h"
#include "server/store/events.h"

#define DETAILS_MAX 32u
#define DIGEST_BYTES_MAX 64u
#define TYPE_SIZE (CANONICAL_KEY_MAX + 1)

enum detail_kind { DETAIL_STRING, DETAIL_INTEGER };

struct detail {
    char key[CANONICAL_KEY_MAX + 1];
    enum detail_kind kind;
    char text[CANONICAL_CODE_MAX + 1];
    int64_t number;
};

#define SIGNATURES_MAX 4u

struct signed_statement {
    struct ov_id principal;
    char key[2 * ACTOR_KEY_MAX + 1];
    char statement[SIGNATURE_STATEMENT_MAX + 1];
    char value[2 * SIGNATURE_VALUE_MAX + 1];
};

struct audit_event {
    struct ov_id id;
    char name[CANONICAL_CODE_MAX + 1];
    struct actor actor;
    int64_t at_us;
    struct ov_id deployment_id; /* zero: none */
    char object_type[TYPE_SIZE];
    struct ov_id object_id;
    struct detail details[DETAILS_MAX]; /* sorted by key */
    size_t detail_count;
    struct signed_statement signatures[SIGNATURES_MAX]; /* in the order in which they were given */
    size_t signature_count;
    const char *refused; /* what the first failure was about; NULL when all is well */
};

static void refuse(struct audit_event *event, const char *what)
{
    if (event->refused == NULL)
        event->refused = what;
}

/* --- building ------------------------------------------------------------------------------ */

struct audit_event *audit_event_new(const char *name, const struct actor *actor, int64_t at_us)
{
    struct audit_event *event = calloc(1, sizeof(*event));
    if (event == NULL)
        return NULL;
    event->id = ov_id_new();
    event->actor = *actor;
    event->at_us = at_us;
    if (canonical_code_valid(name))
        (void)snprintf(event->name, sizeof(event->name), "%s", name);
    else
        refuse(event, "name");
    return event;
}

struct ov_id *audit_event_id_of(struct audit_event *event)
{
    return &event->id;
}

/* Builders take the NULL of audit_event_new, so that memory is checked once, by the write. */
void audit_event_deployment(struct audit_event *event, const struct ov_id *deployment_id)
{
    if (event != NULL)
        event->deployment_id = *deployment_id;
}

void audit_event_object(struct audit_event *event, const char *type, const struct ov_id *id)
{
    if (event == NULL)
        return;
    if (!canonical_key_valid(type)) {
        refuse(event, "object type");
        return;
    }
    (void)snprintf(event->object_type, sizeof(event->object_type), "%s", type);
    event->object_id = *id;
}

/* A new detail in its place by key, or NULL when it is refused. */
static struct detail *insert_detail(struct audit_event *event, const char *key)
{
    if (!canonical_key_valid(key)) {
        refuse(event, "detail key");
        return NULL;
    }
    size_t at = 0;
    while (at < event->detail_count && strcmp(event->details[at].key, key) < 0)
        at++;
    if (at < event->detail_count && strcmp(event->details[at].key, key) == 0) {
        refuse(event, "detail given twice");
        return NULL;
    }
    if (event->detail_count == DETAILS_MAX) {
        refuse(event, "number of details");
        return NULL;
    }
    struct detail *detail = &event->details[at];
    memmove(detail + 1, detail, (event->detail_count - at) * sizeof(*detail));
    event->detail_count++;
    memset(detail, 0, sizeof(*detail));
    (void)snprintf(detail->key, sizeof(detail->key), "%s", key);
    return detail;
}

void audit_event_code(struct audit_event *event, const char *key, const char *code)
{
    if (event == NULL)
        return;
    if (!canonical_code_valid(code)) {
        refuse(event, "code");
        return;
    }
    struct detail *detail = insert_detail(event, key);
    if (detail != NULL)
        (void)snprintf(detail->text, sizeof(detail->text), "%s", code);
}

void audit_event_int(struct audit_event *event, const char *key, int64_t value)
{
    if (event == NULL)
        return;
    struct detail *detail = insert_detail(event, key);
    if (detail == NULL)
        return;
    detail->kind = DETAIL_INTEGER;
    detail->number = value;
}

void audit_event_digest(struct audit_event *event, const char *key, const void *data, size_t size)
{
    if (event == NULL)
        return;
    if (size < 1 || size > DIGEST_BYTES_MAX) {
        refuse(event, "digest");
        return;
    }
    char text[2 * DIGEST_BYTES_MAX + 1];
    audit_event_code(event, key, ov_hex_encode(data, size, text));
}

void audit_event_id(struct audit_event *event, const char *key, const struct ov_id *id)
{
    char text[OV_ID_TEXT_SIZE];
    audit_event_code(event, key, ov_id_format(id, text));
}

void audit_event_signature(struct audit_event *event, const struct actor *signer,
                           const struct signature *signature)
{
    if (event == NULL)
        return;
    if (event->signature_count == SIGNATURES_MAX || signer->key_bytes < 1 ||
        signer->key_bytes > ACTOR_KEY_MAX || signature->value_bytes < 1 ||
        signature->value_bytes > SIGNATURE_VALUE_MAX || signature->statement[0] == '\0' ||
        strlen(signature->statement) > SIGNATURE_STATEMENT_MAX) {
        refuse(event, "signature");
        return;
    }
    struct signed_statement *put = &event->signatures[event->signature_count++];
    put->principal = signer->principal.id;
    (void)ov_hex_encode(signer->key, signer->key_bytes, put->key);
    (void)snprintf(put->statement, sizeof(put->statement), "%s", signature->statement);
    (void)ov_hex_encode(signature->value, signature->value_bytes, put->value);
}

int64_t audit_score(float cosine)
{
    /* NaN never gets this far: it is neither above a threshold nor one. */
    return isfinite(cosine) ? llround((double)cosine * 1e6) : 0;
}

/* --- writing ------------------------------------------------------------------------------- */

static void put_int(struct ov_buf *buf, const char *key, int64_t value)
{
    canonical_member(buf, key);
    ov_buf_printf(buf, "%lld", (long long)value);
}

static void put_string(struct ov_buf *buf, const char *key, const char *text)
{
    canonical_member(buf, key);
    canonical_string(buf, text);
}

static void put_id(struct ov_buf *buf, const char *key, const struct ov_id *id)
{
    char text[OV_ID_TEXT_SIZE];
    put_string(buf, key, ov_id_format(id, text));
}

static int compare_names(const void *left, const void *right)
{
    const char *const *a = left;
    const char *const *b = right;
    return strcmp(*a, *b);
}

static void put_roles(struct ov_buf *buf, unsigned roles)
{
    const char *names[ROLE_COUNT];
    size_t count = 0;
    for (int i = 0; i < ROLE_COUNT; i++)
        if ((roles & (1u << i)) != 0)
            names[count++] = role_name((enum role)(1 << i));
    qsort(names, count, sizeof(names[0]), compare_names);
    canonical_member(buf, "roles");
    ov_buf_puts(buf, "[");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            ov_buf_puts(buf, ",");
        canonical_string(buf, names[i]);
    }
    ov_buf_puts(buf, "]");
}

static void put_actor(struct ov_buf *buf, const struct actor *actor)
{
    canonical_member(buf, "actor");
    ov_buf_puts(buf, "{");
    if (actor->is_server) {
        put_string(buf, "kind", "server");
    } else {
        put_id(buf, "id", &actor->principal.id);
        put_string(buf, "kind", actor->principal.kind == PRINCIPAL_SITE ? "site" : "person");
        put_string(buf, "name", actor->principal.name);
        put_roles(buf, actor->principal.roles);
        put_string(buf, "serial", actor->serial);
    }
    ov_buf_puts(buf, "}");
}

static void put_details(struct ov_buf *buf, const struct audit_event *event)
{
    canonical_member(buf, "details");
    ov_buf_puts(buf, "{");
    for (size_t i = 0; i < event->detail_count; i++) {
        const struct detail *detail = &event->details[i];
        if (detail->kind == DETAIL_INTEGER)
            put_int(buf, detail->key, detail->number);
        else
            put_string(buf, detail->key, detail->text);
    }
    ov_buf_puts(buf, "}");
}

static void put_signatures(struct ov_buf *buf, const struct audit_event *event)
{
    canonical_member(buf, "signatures");
    ov_buf_puts(buf, "[");
    for (size_t i = 0; i < event->signature_count; i++) {
        const struct signed_statement *given = &event->signatures[i];
        ov_buf_puts(buf, i > 0 ? ",{" : "{");
        put_string(buf, "key", given->key);
        put_id(buf, "principal", &given->principal);
        put_string(buf, "statement", given->statement);
        put_string(buf, "value", given->value);
        ov_buf_puts(buf, "}");
    }
    ov_buf_puts(buf, "]");
}

static void put_object(struct ov_buf *buf, const struct audit_event *event)
{
    canonical_member(buf, "object");
    ov_buf_puts(buf, "{");
    put_id(buf, "id", &event->object_id);
    put_string(buf, "type", event->object_type);
    ov_buf_puts(buf, "}");
}

enum ov_status audit_event_body(const struct audit_event *event, struct ov_buf *buf,
                                struct ov_error *err)
{
    if (event->refused != NULL)
        return ov_fail(err, OV_ERR_INTERNAL, "audit.bad_event",
                       "the event \"%s\" was built with a %s that an event may not have",
                       event->name, event->refused);
    ov_buf_puts(buf, "{");
    put_actor(buf, &event->actor);
    put_int(buf, "at_us", event->at_us);
    if (!ov_id_is_zero(&event->deployment_id))
        put_id(buf, "deployment", &event->deployment_id);
    put_details(buf, event);
    put_id(buf, "id", &event->id);
    put_string(buf, "name", event->name);
    if (event->object_type[0] != '\0')
        put_object(buf, event);
    if (!event->actor.is_server && !ov_id_is_zero(&event->actor.request_id))
        put_id(buf, "request", &event->actor.request_id);
    if (event->signature_count > 0)
        put_signatures(buf, event);
    put_int(buf, "v", 1);
    ov_buf_puts(buf, "}");
    if (buf->failed)
        return ov_fail(err, OV_ERR_INTERNAL, "audit.bad_event",
                       "the event \"%s\" could not be written out", event->name);
    return OV_OK;
}

enum ov_status audit_event_write(struct store *store, struct audit_event *take_event,
                                 struct ov_error *err)
{
    if (take_event == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    struct ov_buf body = OV_BUF_INIT;
    enum ov_status status = audit_event_body(take_event, &body, err);
    if (status == OV_OK)
        status = store_event_write(store, &take_event->id, body.data, body.length, err);
    ov_buf_free(&body);
    free(take_event);
    return status;
}
