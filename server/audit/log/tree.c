/* The tree's hashes, its edge, and proofs. */
#include "server/audit/log/tree.h"

#include <openssl/sha.h>
#include <string.h>

bool tree_hash_equal(const struct tree_hash *a, const struct tree_hash *b)
{
    return memcmp(a->bytes, b->bytes, TREE_HASH_BYTES) == 0;
}

/* SHA256_Init and its kin are deprecated for choosing an engine; the tree has one hash for ever,
 * and the lookup that EVP does for each message costs more than hashing a small one. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

static struct tree_hash hash_of(uint8_t prefix, const void *first, size_t first_size,
                                const void *second, size_t second_size)
{
    struct tree_hash hash;
    SHA256_CTX sha;
    (void)SHA256_Init(&sha);
    (void)SHA256_Update(&sha, &prefix, 1);
    (void)SHA256_Update(&sha, first, first_size);
    (void)SHA256_Update(&sha, second, second_size);
    (void)SHA256_Final(hash.bytes, &sha);
    return hash;
}

#pragma GCC diagnostic pop

struct tree_hash tree_leaf(const void *body, size_t size)
{
    return hash_of(0x00, body, size, "", 0);
}

struct tree_hash tree_node(const struct tree_hash *left, const struct tree_hash *right)
{
    return hash_of(0x01, left->bytes, TREE_HASH_BYTES, right->bytes, TREE_HASH_BYTES);
}

struct tree_hash tree_empty(void)
{
    struct tree_hash hash;
    (void)SHA256((const unsigned char *)"", 0, hash.bytes);
    return hash;
}

/* --- growing one --- */

void tree_append(struct tree_edge *edge, const struct tree_hash *leaf, tree_on_node on_node,
                 void *ctx)
{
    struct tree_hash hash = *leaf;
    unsigned level = 0;
    /* As adding one to a number: each bit that is set is a subtree that becomes complete. */
    for (uint64_t rest = edge->size; (rest & 1) != 0; rest >>= 1) {
        hash = tree_node(&edge->nodes[level], &hash);
        level++;
        if (on_node != NULL)
            on_node(ctx, level, edge->size >> level, &hash);
    }
    edge->nodes[level] = hash;
    edge->size++;
}

struct tree_hash tree_root(const struct tree_edge *edge)
{
    struct tree_hash root = tree_empty();
    bool first = true;
    for (unsigned level = 0; level < 63; level++) {
        if ((edge->size >> level & 1) == 0)
            continue;
        root = first ? edge->nodes[level] : tree_node(&edge->nodes[level], &root);
        first = false;
    }
    return root;
}

/* --- proving --- */

/* The largest power of two below size, as its exponent; size > 1. */
static unsigned split_level(uint64_t size)
{
    unsigned level = 0;
    while ((UINT64_C(2) << level) < size)
        level++;
    return level;
}

/* The hash of the leaves from, up to, without, to; from is a multiple of the largest power of two
 * that is not larger than their number. */
static enum ov_status range_hash(const struct tree_nodes *nodes, uint64_t from, uint64_t to,
                                 struct tree_hash *ret, struct ov_error *err)
{
    struct tree_hash hash;
    bool first = true;
    uint64_t at = to;
    /* From right to left: the smallest complete subtrees are at the end. */
    while (at > from) {
        uint64_t rest = at - from;
        unsigned level = (unsigned)__builtin_ctzll(rest);
        struct tree_hash node;
        enum ov_status status =
            nodes->read(nodes->ctx, level, (at - (UINT64_C(1) << level)) >> level, &node, err);
        if (status != OV_OK)
            return status;
        hash = first ? node : tree_node(&node, &hash);
        first = false;
        at -= UINT64_C(1) << level;
    }
    *ret = first ? tree_empty() : hash;
    return OV_OK;
}

enum ov_status tree_root_of(const struct tree_nodes *nodes, uint64_t size, struct tree_hash *ret,
                            struct ov_error *err)
{
    return range_hash(nodes, 0, size, ret, err);
}

static enum ov_status add_range(const struct tree_nodes *nodes, uint64_t from, uint64_t to,
                                struct tree_path *path, struct ov_error *err)
{
    enum ov_status status = range_hash(nodes, from, to, &path->hashes[path->count], err);
    if (status == OV_OK)
        path->count++;
    return status;
}

static void reverse(struct tree_path *path)
{
    for (size_t i = 0; i < path->count / 2; i++) {
        struct tree_hash other = path->hashes[i];
        path->hashes[i] = path->hashes[path->count - 1 - i];
        path->hashes[path->count - 1 - i] = other;
    }
}

/* Walks down from the root; what is left aside on the way is the path, last first. */
enum ov_status tree_inclusion(const struct tree_nodes *nodes, uint64_t index, uint64_t size,
                              struct tree_path *ret, struct ov_error *err)
{
    uint64_t from = 0;
    uint64_t to = size;
    enum ov_status status = OV_OK;
    ret->count = 0;
    while (to - from > 1 && status == OV_OK) {
        uint64_t middle = from + (UINT64_C(1) << split_level(to - from));
        if (index < middle) {
            status = add_range(nodes, middle, to, ret, err);
            to = middle;
        } else {
            status = add_range(nodes, from, middle, ret, err);
            from = middle;
        }
    }
    reverse(ret);
    return status;
}

enum ov_status tree_consistency(const struct tree_nodes *nodes, uint64_t old_size, uint64_t size,
                                struct tree_path *ret, struct ov_error *err)
{
    uint64_t from = 0;
    uint64_t to = size;
    enum ov_status status = OV_OK;
    ret->count = 0;
    while (old_size < to && status == OV_OK) {
        uint64_t middle = from + (UINT64_C(1) << split_level(to - from));
        if (old_size <= middle) {
            status = add_range(nodes, middle, to, ret, err);
            to = middle;
        } else {
            status = add_range(nodes, from, middle, ret, err);
            from = middle;
        }
    }
    /* What the old tree has at its end; not named where it is the old root itself. */
    if (status == OV_OK && from > 0)
        status = add_range(nodes, from, to, ret, err);
    reverse(ret);
    return status;
}

/* --- checking --- */

bool tree_check_inclusion(const struct tree_hash *leaf, uint64_t index, uint64_t size,
                          const struct tree_path *path, const struct tree_hash *root)
{
    struct tree_hash hash = *leaf;
    uint64_t node = index;
    uint64_t last = size - 1;
    if (index >= size)
        return false;
    for (size_t i = 0; i < path->count; i++) {
        if (last == 0)
            return false;
        if ((node & 1) != 0 || node == last) {
            hash = tree_node(&path->hashes[i], &hash);
            while ((node & 1) == 0 && node != 0) {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = tree_node(&hash, &path->hashes[i]);
        }
        node >>= 1;
        last >>= 1;
    }
    return last == 0 && tree_hash_equal(&hash, root);
}

/* Both roots are built up from the same hashes: that of the old tree, and that of the new one. */
bool tree_check_consistency(uint64_t old_size, const struct tree_hash *old_root, uint64_t size,
                            const struct tree_hash *root, const struct tree_path *path)
{
    if (old_size == 0 || old_size > size)
        return false;
    if (old_size == size)
        return path->count == 0 && tree_hash_equal(old_root, root);
    bool whole = (old_size & (old_size - 1)) == 0; /* then the old root is the first of the path */
    size_t at = whole ? 0 : 1;
    if (path->count == 0)
        return false;
    uint64_t node = old_size - 1;
    uint64_t last = size - 1;
    while ((node & 1) != 0) {
        node >>= 1;
        last >>= 1;
    }
    struct tree_hash old_hash = whole ? *old_root : path->hashes[0];
    struct tree_hash new_hash = old_hash;
    for (; at < path->count; at++) {
        if (last == 0)
            return false;
        if ((node & 1) != 0 || node == last) {
            old_hash = tree_node(&path->hashes[at], &old_hash);
            new_hash = tree_node(&path->hashes[at], &new_hash);
            while ((node & 1) == 0 && node != 0) {
                node >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = tree_node(&new_hash, &path->hashes[at]);
        }
        node >>= 1;
        last >>= 1;
    }
    return last == 0 && tree_hash_equal(&old_hash, old_root) && tree_hash_equal(&new_hash, root);
}
