/* Building documents: a tree, written out in order of its keys. Belongs to one thread. */
#include "server/audit/document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "server/audit/canonical.h"

#define DEPTH_MAX 8u

enum node_kind { NODE_OBJECT, NODE_ARRAY, NODE_STRING, NODE_INTEGER };

struct node {
    enum node_kind kind;
    char key[CANONICAL_KEY_MAX + 1]; /* empty inside an array */
    char *text;                      /* of a string */
    int64_t number;
    struct node *first; /* of an object by key, of an array as given */
    struct node *last;
    struct node *next;
};

struct audit_document {
    struct node root;
    char kind[DOCUMENT_KIND_SIZE];
    struct ov_id deployment_id; /* zero: none */
    struct node *open[DEPTH_MAX];
    size_t depth;        /* open levels, the root included */
    const char *refused; /* what the first failure was about; NULL when all is well */
};

static void refuse(struct audit_document *document, const char *what)
{
    if (document != NULL && document->refused == NULL)
        document->refused = what;
}

/* --- the tree ------------------------------------------------------------------------------ */

static void free_children(struct node *node)
{
    while (node->first != NULL) {
        struct node *child = node->first;
        node->first = child->next;
        free_children(child); /* DEPTH_MAX deep */
        free(child->text);
        free(child);
    }
}

void audit_document_free(struct audit_document *document)
{
    if (document == NULL)
        return;
    free_children(&document->root);
    free(document);
}

/* Into its place by key, or at the end of an array; false when the key is there already. */
static bool link_child(struct node *parent, struct node *child)
{
    struct node **at =
        parent->kind == NODE_ARRAY && parent->last != NULL ? &parent->last->next : &parent->first;
    while (parent->kind == NODE_OBJECT && *at != NULL && strcmp((*at)->key, child->key) < 0)
        at = &(*at)->next;
    if (parent->kind == NODE_OBJECT && *at != NULL && strcmp((*at)->key, child->key) == 0)
        return false;
    child->next = *at;
    *at = child;
    if (child->next == NULL)
        parent->last = child;
    return true;
}

static struct node *add(struct audit_document *document, const char *key, enum node_kind kind)
{
    if (document == NULL || document->refused != NULL)
        return NULL;
    struct node *parent = document->open[document->depth - 1];
    if ((parent->kind == NODE_OBJECT) != (key != NULL) ||
        (key != NULL && !canonical_key_valid(key))) {
        refuse(document, "key");
        return NULL;
    }
    struct node *node = calloc(1, sizeof(*node));
    if (node == NULL) {
        refuse(document, "lack of memory");
        return NULL;
    }
    node->kind = kind;
    if (key != NULL)
        (void)snprintf(node->key, sizeof(node->key), "%s", key);
    if (!link_child(parent, node)) {
        free(node);
        refuse(document, "key given twice");
        return NULL;
    }
    return node;
}

static void add_string(struct audit_document *document, const char *key, const char *text,
                       size_t size)
{
    if (document != NULL && (size > DOCUMENT_TEXT_MAX || !ov_text_is_clean_utf8(text, size))) {
        refuse(document, "text");
        return;
    }
    struct node *node = add(document, key, NODE_STRING);
    if (node == NULL)
        return;
    node->text = strndup(text, size);
    if (node->text == NULL)
        refuse(document, "lack of memory");
}

/* --- building ------------------------------------------------------------------------------ */

static bool kind_valid(const char *kind)
{
    size_t length = strlen(kind);
    return length >= 1 && length < DOCUMENT_KIND_SIZE &&
           strspn(kind, "abcdefghijklmnopqrstuvwxyz_.") == length;
}

struct audit_document *audit_document_new(const char *kind, const struct ov_id *deployment_id)
{
    struct audit_document *document = calloc(1, sizeof(*document));
    if (document == NULL)
        return NULL;
    document->root.kind = NODE_OBJECT;
    document->open[0] = &document->root;
    document->depth = 1;
    if (!kind_valid(kind)) {
        refuse(document, "kind");
        return document;
    }
    (void)snprintf(document->kind, sizeof(document->kind), "%s", kind);
    audit_document_text(document, "kind", kind);
    audit_document_int(document, "v", 1);
    if (deployment_id != NULL) {
        document->deployment_id = *deployment_id;
        audit_document_id(document, "deployment", deployment_id);
    }
    return document;
}

void audit_document_text(struct audit_document *document, const char *key, const char *text)
{
    add_string(document, key, text, strlen(text));
}

void audit_document_lines(struct audit_document *document, const char *key, const char *text)
{
    size_t size = strlen(text);
    if (document != NULL && size > DOCUMENT_TEXT_MAX) {
        refuse(document, "text");
        return;
    }
    char *copy = strdup(text);
    if (copy == NULL) {
        if (document != NULL)
            refuse(document, "lack of memory");
        return;
    }
    for (char *at = copy; *at != '\0'; at++)
        if (*at == '\t')
            *at = ' ';
    audit_document_array(document, key);
    for (char *line = copy; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        size_t kept = length > 0 && line[length - 1] == '\r' ? length - 1 : length;
        add_string(document, NULL, line, kept);
        line += length + (line[length] == '\n' ? 1 : 0);
    }
    audit_document_end(document);
    free(copy);
}

void audit_document_int(struct audit_document *document, const char *key, int64_t value)
{
    struct node *node = add(document, key, NODE_INTEGER);
    if (node != NULL)
        node->number = value;
}

void audit_document_digest(struct audit_document *document, const char *key, const void *data,
                           size_t size)
{
    char text[2 * 64 + 1];
    if (document != NULL && (size < 1 || size > 64)) {
        refuse(document, "digest");
        return;
    }
    audit_document_text(document, key, ov_hex_encode(data, size, text));
}

void audit_document_id(struct audit_document *document, const char *key, const struct ov_id *id)
{
    char text[OV_ID_TEXT_SIZE];
    audit_document_text(document, key, ov_id_format(id, text));
}

static void open_level(struct audit_document *document, const char *key, enum node_kind kind)
{
    if (document == NULL)
        return;
    if (document->depth == DEPTH_MAX) {
        refuse(document, "depth");
        return;
    }
    struct node *node = add(document, key, kind);
    if (node != NULL)
        document->open[document->depth++] = node;
}

void audit_document_object(struct audit_document *document, const char *key)
{
    open_level(document, key, NODE_OBJECT);
}

void audit_document_array(struct audit_document *document, const char *key)
{
    open_level(document, key, NODE_ARRAY);
}

void audit_document_end(struct audit_document *document)
{
    if (document == NULL || document->refused != NULL)
        return;
    if (document->depth == 1)
        refuse(document, "level");
    else
        document->depth--;
}

/* --- writing ------------------------------------------------------------------------------- */

static void put(struct ov_buf *buf, const struct node *node)
{
    switch (node->kind) {
    case NODE_STRING:
        canonical_string(buf, node->text);
        return;
    case NODE_INTEGER:
        ov_buf_printf(buf, "%lld", (long long)node->number);
        return;
    case NODE_OBJECT:
    case NODE_ARRAY:
        break;
    }
    bool is_object = node->kind == NODE_OBJECT;
    ov_buf_puts(buf, is_object ? "{" : "[");
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        if (is_object)
            canonical_member(buf, child->key);
        else if (child != node->first)
            ov_buf_puts(buf, ",");
        put(buf, child); /* DEPTH_MAX deep */
    }
    ov_buf_puts(buf, is_object ? "}" : "]");
}

static enum ov_status write_out(const struct audit_document *document, struct ov_buf *body,
                                uint8_t digest[OV_DIGEST_BYTES], struct ov_error *err)
{
    if (document == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    if (document->refused != NULL)
        return ov_fail(err, OV_ERR_INTERNAL, "document.bad",
                       "the document \"%s\" was built with a %s that it may not have",
                       document->kind, document->refused);
    if (document->depth != 1)
        return ov_fail(err, OV_ERR_INTERNAL, "document.bad",
                       "the document \"%s\" was not built to its end", document->kind);
    put(body, &document->root);
    if (body->failed)
        return ov_fail(err, OV_ERR_INTERNAL, "document.bad",
                       "the document \"%s\" could not be written out", document->kind);
    if (body->length > DOCUMENT_BODY_MAX)
        return ov_fail(err, OV_ERR_LIMIT, "document.too_large",
                       "the document has %zu bytes; at most %zu are kept: shorten its texts",
                       body->length, DOCUMENT_BODY_MAX);
    if (EVP_Digest(body->data, body->length, digest, NULL, EVP_sha256(), NULL) != 1)
        return ov_fail(err, OV_ERR_CRYPTO, "document.digest", "the digest cannot be computed");
    return OV_OK;
}

enum ov_status audit_document_finish(const struct audit_document *document, struct ov_buf *ret_body,
                                     uint8_t ret_digest[OV_DIGEST_BYTES], struct ov_error *err)
{
    struct ov_buf body = OV_BUF_INIT;
    uint8_t digest[OV_DIGEST_BYTES];
    enum ov_status status = write_out(document, &body, digest, err);
    if (status == OV_OK) {
        memcpy(ret_digest, digest, sizeof(digest));
        if (ret_body != NULL)
            ov_buf_append(ret_body, body.data, body.length);
    }
    ov_buf_free(&body);
    return status;
}

enum ov_status audit_document_write(struct store *store, struct audit_document *take_document,
                                    uint8_t ret_digest[OV_DIGEST_BYTES], struct ov_error *err)
{
    struct ov_buf body = OV_BUF_INIT;
    uint8_t digest[OV_DIGEST_BYTES];
    enum ov_status status = write_out(take_document, &body, digest, err);
    if (status == OV_OK)
        status = store_document_write(
            store, digest, take_document->kind,
            ov_id_is_zero(&take_document->deployment_id) ? NULL : &take_document->deployment_id,
            body.data, body.length, err);
    if (status == OV_OK)
        memcpy(ret_digest, digest, sizeof(digest));
    ov_buf_free(&body);
    audit_document_free(take_document);
    return status;
}
