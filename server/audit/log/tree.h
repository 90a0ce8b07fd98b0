/*
 * The Merkle tree of the log: RFC 9162 section 2.1 with SHA-256, the same as RFC 6962. Pure
 * arithmetic on hashes; where they are kept is the caller's business.
 *
 * A leaf is SHA-256(0x00 || the event's body), an inner node SHA-256(0x01 || left || right). The
 * node (level, index) covers the leaves index << level up to, without, (index + 1) << level; nodes
 * are only ever asked for when all these leaves exist.
 */
#ifndef OVERT_SERVER_AUDIT_LOG_TREE_H
#define OVERT_SERVER_AUDIT_LOG_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

#define TREE_HASH_BYTES 32
#define TREE_PATH_MAX 128 /* hashes in a proof, for any size below 2^63 */

struct tree_hash {
    uint8_t bytes[TREE_HASH_BYTES];
};

bool tree_hash_equal(const struct tree_hash *a, const struct tree_hash *b);

struct tree_hash tree_leaf(const void *body, size_t size);
struct tree_hash tree_node(const struct tree_hash *left, const struct tree_hash *right);
/* Of a log without events: SHA-256 of nothing. */
struct tree_hash tree_empty(void);

/* --- growing one --- */

/* The largest complete subtrees from left to right: all that is needed to append, and to tell the
 * root. nodes[l] is there where bit l of size is set. */
struct tree_edge {
    uint64_t size;
    struct tree_hash nodes[63];
};

/* The complete nodes above a leaf that was appended, from level 1 up. */
typedef void (*tree_on_node)(void *ctx, unsigned level, uint64_t index,
                             const struct tree_hash *hash);

/* on_node may be NULL. */
void tree_append(struct tree_edge *edge, const struct tree_hash *leaf, tree_on_node on_node,
                 void *ctx);
struct tree_hash tree_root(const struct tree_edge *edge);

/* --- proving --- */

/* Where nodes are read from. */
struct tree_nodes {
    void *ctx;
    enum ov_status (*read)(void *ctx, unsigned level, uint64_t index, struct tree_hash *ret,
                           struct ov_error *err);
};

struct tree_path {
    struct tree_hash hashes[TREE_PATH_MAX];
    size_t count;
};

OV_CHECKED enum ov_status tree_root_of(const struct tree_nodes *nodes, uint64_t size,
                                       struct tree_hash *ret, struct ov_error *err);
/* That the leaf index is in the tree of size (RFC 9162 2.1.3.1). index < size. */
OV_CHECKED enum ov_status tree_inclusion(const struct tree_nodes *nodes, uint64_t index,
                                         uint64_t size, struct tree_path *ret,
                                         struct ov_error *err);
/* That the tree of size begins with the tree of old_size (2.1.4.1). 0 < old_size <= size. */
OV_CHECKED enum ov_status tree_consistency(const struct tree_nodes *nodes, uint64_t old_size,
                                           uint64_t size, struct tree_path *ret,
                                           struct ov_error *err);

/* --- checking, with nothing but what is given (2.1.3.2, 2.1.4.2) --- */

bool tree_check_inclusion(const struct tree_hash *leaf, uint64_t index, uint64_t size,
                          const struct tree_path *path, const struct tree_hash *root);
bool tree_check_consistency(uint64_t old_size, const struct tree_hash *old_root, uint64_t size,
                            const struct tree_hash *root, const struct tree_path *path);

#endif
