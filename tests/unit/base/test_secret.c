/* Secret memory: wiped on release, aligned, left out of core dumps. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/secret.h"

static bool all_zero(const unsigned char *at, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (at[i] != 0)
            return false;
    }
    return true;
}

static void blocks_of_every_size_are_zeroed_aligned_and_writable(void **state)
{
    (void)state;
    for (size_t size = 1; size < 200000; size = size * 3 / 2 + 1) {
        unsigned char *block = ov_secret_alloc(size);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % 64, 0);
        assert_true(all_zero(block, size));
        memset(block, 0xee, size);
        ov_secret_release(block);
    }
    static const size_t edges[] = {64, 65, 192, 193, 65472, 65473, 65536, 1 << 20, 5 << 20};
    for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
        unsigned char *block = ov_secret_alloc(edges[i]);
        block[0] = block[edges[i] - 1] = 1;
        ov_secret_release(block);
    }
}

/* Blocks of the pool stay mapped after release, so what is left in them can be looked at. */
static void a_released_block_is_wiped_before_anybody_gets_it(void **state)
{
    (void)state;
    static const size_t sizes[] = {16, 64, 500, 2048, 4096, 30000, 65000};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        unsigned char *block = ov_secret_alloc(sizes[i]);
        memset(block, 0xdb, sizes[i]);
        ov_secret_release(block);
        assert_true(all_zero(block, sizes[i]));
        unsigned char *again = ov_secret_alloc(sizes[i]);
        assert_ptr_equal(again, block); /* last in, first out */
        assert_true(all_zero(again, sizes[i]));
        ov_secret_release(again);
    }
}

static void impossible_sizes_are_refused(void **state)
{
    (void)state;
    struct ov_secret secret = OV_SECRET_INIT;
    assert_null(ov_secret_alloc(0));
    assert_null(ov_secret_alloc(SIZE_MAX));
    assert_null(ov_secret_alloc(SIZE_MAX - 32));
    assert_int_equal(ov_secret_new(&secret, 0), OV_ERR_NOMEM);
    assert_null(secret.data);
    ov_secret_release(NULL);
    ov_secret_free(&secret);
    ov_secret_free(NULL);
}

static void secrets_are_copied_moved_and_compared(void **state)
{
    (void)state;
    struct ov_secret a = OV_SECRET_INIT;
    struct ov_secret b = OV_SECRET_INIT;
    struct ov_secret empty = OV_SECRET_INIT;
    assert_int_equal(ov_secret_copy(&a, "key", 3), OV_OK);
    assert_int_equal(ov_secret_copy(&b, "key", 3), OV_OK);
    assert_true(ov_secret_equal(&a, &b));
    b.data[2] = 'x';
    assert_false(ov_secret_equal(&a, &b));
    assert_false(ov_secret_equal(&a, &empty));
    assert_true(ov_secret_equal(&empty, &empty));
    struct ov_secret moved = ov_secret_take(&a);
    assert_null(a.data);
    assert_int_equal(moved.size, 3);
    ov_secret_free(&moved);
    ov_secret_free(&b);
    assert_null(b.data);
    assert_int_equal(b.size, 0);
}

/* "dd" in VmFlags: the mapping is left out of core dumps. */
static void secret_mappings_are_left_out_of_core_dumps(void **state)
{
    (void)state;
    static const size_t sizes[] = {100, 1 << 20};
    for (size_t i = 0; i < 2; i++) {
        unsigned char *block = ov_secret_alloc(sizes[i]);
        FILE *maps = fopen("/proc/self/smaps", "r");
        char line[512];
        bool inside = false;
        bool found = false;
        assert_non_null(maps);
        while (fgets(line, sizeof(line), maps) != NULL) {
            char *end = NULL;
            uintptr_t from = strtoul(line, &end, 16);
            if (end != line && *end == '-') /* the line that opens a mapping: "from-to rw-p ..." */
                inside = (uintptr_t)block >= from && (uintptr_t)block < strtoul(end + 1, NULL, 16);
            if (inside && strncmp(line, "VmFlags:", 8) == 0 && strstr(line, " dd") != NULL)
                found = true;
        }
        (void)fclose(maps);
        assert_true(found);
        ov_secret_release(block);
    }
}

static void the_allocator_for_libraries_keeps_contents_when_it_moves(void **state)
{
    (void)state;
    unsigned char *block = ov_wiping_realloc(NULL, 10);
    memset(block, 7, 10);
    block = ov_wiping_realloc(block, 5000);
    assert_non_null(block);
    for (int i = 0; i < 10; i++)
        assert_int_equal(block[i], 7);
    block = ov_wiping_realloc(block, 3);
    assert_int_equal(block[2], 7);
    assert_null(ov_wiping_realloc(block, 0));
    assert_null(ov_wiping_malloc(SIZE_MAX));
    ov_wiping_free(NULL);
    unsigned char *empty = ov_wiping_malloc(0);
    ov_wiping_free(empty);
    block = ov_wiping_malloc(8);
    assert_null(ov_wiping_realloc(block, SIZE_MAX)); /* the block is still ours */
    block[7] = 1;
    ov_wiping_free(block);
}

static void wiping_takes_nothing_too(void **state)
{
    (void)state;
    unsigned char data[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    ov_wipe(NULL, 5);
    ov_wipe(data, 0);
    assert_int_equal(data[0], 1);
    ov_wipe(data, sizeof(data));
    assert_true(all_zero(data, sizeof(data)));
}

static void *churn(void *arg)
{
    unsigned char mark = *(const unsigned char *)arg;
    unsigned char *kept[16] = {NULL};
    for (int i = 0; i < 3000; i++) {
        size_t slot = (size_t)i % 16;
        size_t size = (size_t)(i * 37 % 5000 + 1);
        if (kept[slot] != NULL && kept[slot][0] != mark)
            abort(); /* somebody else has our block */
        ov_secret_release(kept[slot]);
        kept[slot] = ov_secret_alloc(size);
        if (kept[slot] == NULL || !all_zero(kept[slot], size))
            abort();
        memset(kept[slot], mark, size);
    }
    for (size_t slot = 0; slot < 16; slot++)
        ov_secret_release(kept[slot]);
    return NULL;
}

static void threads_never_share_a_block(void **state)
{
    (void)state;
    static unsigned char marks[4] = {1, 2, 3, 4};
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, churn, &marks[i]), 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

/* In a child, since it cannot be undone. */
static void a_process_can_hide_its_memory(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit = {1, 1};
        bool fine = ov_process_hide_memory() == OV_OK && getrlimit(RLIMIT_CORE, &limit) == 0 &&
                    limit.rlim_max == 0 && prctl(PR_GET_DUMPABLE) == 0;
        _exit(fine ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_of_every_size_are_zeroed_aligned_and_writable),
        cmocka_unit_test(a_released_block_is_wiped_before_anybody_gets_it),
        cmocka_unit_test(impossible_sizes_are_refused),
        cmocka_unit_test(secrets_are_copied_moved_and_compared),
        cmocka_unit_test(secret_mappings_are_left_out_of_core_dumps),
        cmocka_unit_test(the_allocator_for_libraries_keeps_contents_when_it_moves),
        cmocka_unit_test(wiping_takes_nothing_too),
        cmocka_unit_test(threads_never_share_a_block),
        cmocka_unit_test(a_process_can_hide_its_memory),
    };
    return cmocka_run_group_tests_name("secret", tests, NULL, NULL);
}
