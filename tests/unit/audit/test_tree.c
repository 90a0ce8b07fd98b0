/* The Merkle tree: against published roots, against a plain recursion, and against forgeries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/bytes.h"
#include "server/audit/log/tree.h"

#define LEAVES 70

static struct tree_hash leaves[LEAVES];

static int make_leaves(void **state)
{
    (void)state;
    for (size_t i = 0; i < LEAVES; i++) {
        uint8_t body[2] = {(uint8_t)i, 7};
        leaves[i] = tree_leaf(body, sizeof(body));
    }
    return 0;
}

/* RFC 9162, 2.1.1, word for word. */
static struct tree_hash plain_root(size_t from, size_t to)
{
    size_t k = 1;
    if (to == from)
        return tree_empty();
    if (to - from == 1)
        return leaves[from];
    while (2 * k < to - from)
        k *= 2;
    struct tree_hash left = plain_root(from, from + k);
    struct tree_hash right = plain_root(from + k, to);
    return tree_node(&left, &right);
}

static enum ov_status read_node(void *ctx, unsigned level, uint64_t index, struct tree_hash *ret,
                                struct ov_error *err)
{
    (void)err;
    const size_t *size = ctx;
    assert_true(((index + 1) << level) <= *size);
    *ret = plain_root((size_t)(index << level), (size_t)((index + 1) << level));
    return OV_OK;
}

static struct tree_path path_of(size_t from, size_t size,
                                enum ov_status (*prove)(const struct tree_nodes *, uint64_t,
                                                        uint64_t, struct tree_path *,
                                                        struct ov_error *))
{
    const struct tree_nodes nodes = {&size, read_node};
    struct ov_error err = OV_ERROR_INIT;
    struct tree_path path;
    assert_int_equal(prove(&nodes, from, size, &path, &err), OV_OK);
    return path;
}

static void assert_hex(struct tree_hash hash, const char *hex)
{
    char text[2 * TREE_HASH_BYTES + 1];
    assert_string_equal(ov_hex_encode(hash.bytes, TREE_HASH_BYTES, text), hex);
}

/* --- tests --- */

/* The eight leaves of Certificate Transparency's own test (google/certificate-transparency,
 * merkletree). */
static void test_roots_are_the_published_ones(void **state)
{
    (void)state;
    static const char *const inputs[] = {"",
                                         "00",
                                         "10",
                                         "2021",
                                         "3031",
                                         "40414243",
                                         "5051525354555657",
                                         "606162636465666768696a6b6c6d6e6f"};
    static const char *const roots[] = {
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
    struct tree_edge edge = {.size = 0};
    assert_hex(tree_root(&edge),
               "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (size_t i = 0; i < 8; i++) {
        uint8_t body[16];
        size_t size = strlen(inputs[i]) / 2;
        assert_int_equal(ov_hex_decode(inputs[i], body, size), OV_OK);
        struct tree_hash leaf = tree_leaf(body, size);
        tree_append(&edge, &leaf, NULL, NULL);
        assert_hex(tree_root(&edge), roots[i]);
    }
}

static void on_node(void *ctx, unsigned level, uint64_t index, const struct tree_hash *hash)
{
    size_t *count = ctx;
    struct tree_hash plain = plain_root((size_t)(index << level), (size_t)((index + 1) << level));
    assert_true(tree_hash_equal(hash, &plain));
    (*count)++;
}

static void test_a_tree_grown_leaf_by_leaf_is_the_plain_one(void **state)
{
    (void)state;
    struct tree_edge edge = {.size = 0};
    size_t nodes = 0;
    for (size_t size = 1; size <= LEAVES; size++) {
        tree_append(&edge, &leaves[size - 1], on_node, &nodes);
        struct tree_hash root = tree_root(&edge);
        struct tree_hash plain = plain_root(0, size);
        struct tree_hash read;
        struct ov_error err = OV_ERROR_INIT;
        const struct tree_nodes source = {&size, read_node};
        assert_true(tree_hash_equal(&root, &plain));
        assert_int_equal(tree_root_of(&source, size, &read, &err), OV_OK);
        assert_true(tree_hash_equal(&read, &plain));
    }
    assert_int_equal(nodes, LEAVES / 2 + LEAVES / 4 + LEAVES / 8 + LEAVES / 16 + LEAVES / 32 + 1);
}

/* Every part of what is shown counts: with any of it changed, nothing is proved. */
static void check_forgeries_of_inclusion(size_t index, size_t size, struct tree_path *path,
                                         const struct tree_hash *root)
{
    assert_false(tree_check_inclusion(&leaves[(index + 1) % LEAVES], index, size, path, root));
    for (size_t other = 0; other < size + 2; other++)
        if (other != index)
            assert_false(tree_check_inclusion(&leaves[index], other, size, path, root));
    for (size_t i = 0; i < path->count; i++) {
        path->hashes[i].bytes[i % TREE_HASH_BYTES] ^= 1;
        assert_false(tree_check_inclusion(&leaves[index], index, size, path, root));
        path->hashes[i].bytes[i % TREE_HASH_BYTES] ^= 1;
    }
    path->count++;
    assert_false(tree_check_inclusion(&leaves[index], index, size, path, root));
    path->count--;
    if (path->count > 0) {
        path->count--;
        assert_false(tree_check_inclusion(&leaves[index], index, size, path, root));
        path->count++;
    }
}

static void test_every_leaf_is_proved_and_no_other(void **state)
{
    (void)state;
    for (size_t size = 1; size <= LEAVES; size++) {
        struct tree_hash root = plain_root(0, size);
        for (size_t index = 0; index < size; index++) {
            struct tree_path path = path_of(index, size, tree_inclusion);
            assert_true(tree_check_inclusion(&leaves[index], index, size, &path, &root));
            check_forgeries_of_inclusion(index, size, &path, &root);
        }
    }
}

static void check_forgeries_of_consistency(size_t old_size, size_t size, struct tree_path *path)
{
    struct tree_hash old_root = plain_root(0, old_size);
    struct tree_hash root = plain_root(0, size);
    struct tree_hash other = plain_root(1, old_size + 1);
    assert_false(tree_check_consistency(old_size, &other, size, &root, path));
    assert_false(tree_check_consistency(old_size, &old_root, size, &other, path));
    for (size_t i = 0; i < path->count; i++) {
        path->hashes[i].bytes[i % TREE_HASH_BYTES] ^= 0x80;
        assert_false(tree_check_consistency(old_size, &old_root, size, &root, path));
        path->hashes[i].bytes[i % TREE_HASH_BYTES] ^= 0x80;
    }
    path->count++;
    assert_false(tree_check_consistency(old_size, &old_root, size, &root, path));
    path->count--;
    if (path->count > 0) {
        path->count--;
        assert_false(tree_check_consistency(old_size, &old_root, size, &root, path));
        path->count++;
    }
}

static void test_every_earlier_tree_is_proved_and_no_other(void **state)
{
    (void)state;
    for (size_t size = 1; size < LEAVES; size++) {
        struct tree_hash root = plain_root(0, size);
        for (size_t old_size = 1; old_size <= size; old_size++) {
            struct tree_path path = path_of(old_size, size, tree_consistency);
            struct tree_hash old_root = plain_root(0, old_size);
            assert_true(tree_check_consistency(old_size, &old_root, size, &root, &path));
            check_forgeries_of_consistency(old_size, size, &path);
        }
        struct tree_path nothing = {.count = 0};
        assert_false(tree_check_consistency(0, &root, size, &root, &nothing));
        assert_false(tree_check_consistency(size + 1, &root, size, &root, &nothing));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_roots_are_the_published_ones),
        cmocka_unit_test(test_a_tree_grown_leaf_by_leaf_is_the_plain_one),
        cmocka_unit_test(test_every_leaf_is_proved_and_no_other),
        cmocka_unit_test(test_every_earlier_tree_is_proved_and_no_other),
    };
    return cmocka_run_group_tests_name("tree", tests, make_leaves, NULL);
}
