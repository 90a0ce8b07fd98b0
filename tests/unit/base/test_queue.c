/* Bounded queues, alone and between threads. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/base/queue.h"

static int freed;

static void count_free(void *item)
{
    (void)item;
    freed++;
}

static void items_come_out_in_order_and_the_bound_holds(void **state)
{
    (void)state;
    struct ov_queue *queue = ov_queue_new(3);
    int items[4];
    void *out = NULL;
    for (int i = 0; i < 3; i++)
        assert_int_equal(ov_queue_push(queue, &items[i], 0), OV_OK);
    assert_int_equal(ov_queue_length(queue), 3);
    assert_int_equal(ov_queue_push(queue, &items[3], 0), OV_ERR_LIMIT);
    assert_int_equal(ov_queue_push(queue, &items[3], 2), OV_ERR_LIMIT);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ov_queue_pop(queue, 0, &out), OV_OK);
        assert_ptr_equal(out, &items[i]);
        assert_int_equal(ov_queue_push(queue, &items[i], 0), OV_OK); /* goes round the ring */
    }
    ov_queue_free(queue, NULL);
}

/* An alert overtakes the crops that wait, but no earlier alert; also around the ring's end. */
static void urgent_items_overtake_the_others_in_their_own_order(void **state)
{
    (void)state;
    int crops[4];
    int alerts[4];
    void *items[8];
    size_t count = 0;
    struct ov_queue *queue = ov_queue_new(6);
    for (int round = 0; round < 7; round++) {
        void *const expected[] = {&alerts[1], &alerts[2], &crops[0],
                                  &crops[1],  &crops[2],  &crops[3]};
        void *first = NULL;
        assert_int_equal(ov_queue_push(queue, &crops[0], 0), OV_OK);
        assert_int_equal(ov_queue_push_urgent(queue, &alerts[0], 0), OV_OK);
        assert_int_equal(ov_queue_push_urgent(queue, &alerts[1], 0), OV_OK);
        assert_int_equal(ov_queue_push(queue, &crops[1], 0), OV_OK);
        assert_int_equal(ov_queue_pop(queue, 0, &first), OV_OK);
        assert_ptr_equal(first, &alerts[0]);
        assert_int_equal(ov_queue_push(queue, &crops[2], 0), OV_OK);
        assert_int_equal(ov_queue_push_urgent(queue, &alerts[2], 0), OV_OK);
        assert_int_equal(ov_queue_push(queue, &crops[3], 0), OV_OK);
        assert_int_equal(ov_queue_push_urgent(queue, &alerts[3], 0), OV_ERR_LIMIT);
        assert_int_equal(ov_queue_pop_many(queue, 0, 8, items, &count), OV_OK);
        assert_int_equal(count, 6);
        for (size_t i = 0; i < count; i++)
            assert_ptr_equal(items[i], expected[i]);
        assert_int_equal(ov_queue_push(queue, &crops[0], 0), OV_OK); /* moves the ring on */
        assert_int_equal(ov_queue_pop(queue, 0, &first), OV_OK);
    }
    ov_queue_free(queue, NULL);
}

static void an_empty_queue_times_out(void **state)
{
    (void)state;
    struct ov_queue *queue = ov_queue_new(1);
    void *out = NULL;
    assert_int_equal(ov_queue_pop(queue, 0, &out), OV_ERR_TIMEOUT);
    assert_int_equal(ov_queue_pop(queue, 2, &out), OV_ERR_TIMEOUT);
    ov_queue_free(queue, NULL);
}

static void many_are_taken_at_once_up_to_the_maximum(void **state)
{
    (void)state;
    struct ov_queue *queue = ov_queue_new(10);
    int item;
    void *out[10];
    size_t count = 0;
    for (int i = 0; i < 7; i++)
        assert_int_equal(ov_queue_push(queue, &item, 0), OV_OK);
    assert_int_equal(ov_queue_pop_many(queue, 0, 5, out, &count), OV_OK);
    assert_int_equal(count, 5);
    assert_int_equal(ov_queue_pop_many(queue, 0, 5, out, &count), OV_OK);
    assert_int_equal(count, 2);
    assert_int_equal(ov_queue_pop_many(queue, 0, 5, out, &count), OV_ERR_TIMEOUT);
    assert_int_equal(count, 0);
    ov_queue_free(queue, NULL);
}

static void a_closed_queue_takes_nothing_and_drains(void **state)
{
    (void)state;
    struct ov_queue *queue = ov_queue_new(4);
    int item;
    void *out = NULL;
    assert_int_equal(ov_queue_push(queue, &item, 0), OV_OK);
    ov_queue_close(queue);
    assert_int_equal(ov_queue_push(queue, &item, OV_WAIT_FOREVER), OV_ERR_CLOSED);
    assert_int_equal(ov_queue_pop(queue, OV_WAIT_FOREVER, &out), OV_OK);
    assert_int_equal(ov_queue_pop(queue, OV_WAIT_FOREVER, &out), OV_ERR_CLOSED);
    ov_queue_free(queue, NULL);
}

static void what_is_left_is_freed_with_the_queue(void **state)
{
    (void)state;
    struct ov_queue *queue = ov_queue_new(4);
    int item;
    freed = 0;
    for (int i = 0; i < 3; i++)
        assert_int_equal(ov_queue_push(queue, &item, 0), OV_OK);
    ov_queue_free(queue, count_free);
    assert_int_equal(freed, 3);
    ov_queue_free(NULL, count_free);
}

static void impossible_capacities_are_refused(void **state)
{
    (void)state;
    assert_null(ov_queue_new(0));
    assert_null(ov_queue_new(SIZE_MAX));
}

/* ---- threads ---- */

#define PRODUCERS 3
#define CONSUMERS 3
#define EACH 4000

static uint8_t seen[PRODUCERS * EACH];
static pthread_mutex_t seen_lock = PTHREAD_MUTEX_INITIALIZER;

struct worker {
    struct ov_queue *queue;
    pthread_t thread;
    size_t first;
};

static void *produce(void *arg)
{
    const struct worker *worker = arg;
    for (size_t i = 0; i < EACH; i++) {
        if (ov_queue_push(worker->queue, &seen[worker->first + i], OV_WAIT_FOREVER) != OV_OK)
            abort();
    }
    return NULL;
}

static void *consume(void *arg)
{
    const struct worker *worker = arg;
    void *items[16];
    size_t count = 0;
    while (ov_queue_pop_many(worker->queue, OV_WAIT_FOREVER, 16, items, &count) == OV_OK) {
        (void)pthread_mutex_lock(&seen_lock);
        for (size_t i = 0; i < count; i++)
            (*(uint8_t *)items[i])++;
        (void)pthread_mutex_unlock(&seen_lock);
    }
    return NULL;
}

static void every_item_reaches_exactly_one_consumer(void **state)
{
    (void)state;
    struct ov_queue *queue = ov_queue_new(7); /* small, so that both sides wait */
    struct worker producers[PRODUCERS];
    struct worker consumers[CONSUMERS];
    for (size_t i = 0; i < CONSUMERS; i++) {
        consumers[i].queue = queue;
        assert_int_equal(pthread_create(&consumers[i].thread, NULL, consume, &consumers[i]), 0);
    }
    for (size_t i = 0; i < PRODUCERS; i++) {
        producers[i].queue = queue;
        producers[i].first = i * EACH;
        assert_int_equal(pthread_create(&producers[i].thread, NULL, produce, &producers[i]), 0);
    }
    for (size_t i = 0; i < PRODUCERS; i++)
        assert_int_equal(pthread_join(producers[i].thread, NULL), 0);
    ov_queue_close(queue); /* wakes the consumers when all is drained */
    for (size_t i = 0; i < CONSUMERS; i++)
        assert_int_equal(pthread_join(consumers[i].thread, NULL), 0);
    for (size_t i = 0; i < sizeof(seen); i++)
        assert_int_equal(seen[i], 1);
    ov_queue_free(queue, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_come_out_in_order_and_the_bound_holds),
        cmocka_unit_test(urgent_items_overtake_the_others_in_their_own_order),
        cmocka_unit_test(an_empty_queue_times_out),
        cmocka_unit_test(many_are_taken_at_once_up_to_the_maximum),
        cmocka_unit_test(a_closed_queue_takes_nothing_and_drains),
        cmocka_unit_test(what_is_left_is_freed_with_the_queue),
        cmocka_unit_test(impossible_capacities_are_refused),
        cmocka_unit_test(every_item_reaches_exactly_one_consumer),
    };
    return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
