/* Mailboxes between threads and a loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <pthread.h>

#include <cmocka.h>

#include "common/net/init.h"
#include "common/net/mailbox.h"

#define POSTERS 4
#define EACH 5000

struct reader {
    struct event_base *base;
    size_t count;
    size_t stop_at;
    uint64_t last[POSTERS]; /* per poster, to see the order */
};

struct message {
    unsigned poster;
    uint64_t number;
};

static size_t freed; /* this thread's */

static void on_message(void *ctx, void *data)
{
    struct reader *reader = ctx;
    struct message *message = data;
    assert_int_equal(message->number, reader->last[message->poster] + 1);
    reader->last[message->poster] = message->number;
    free(message);
    if (++reader->count == reader->stop_at)
        (void)event_base_loopbreak(reader->base);
}

static void free_message(void *message)
{
    freed++;
    free(message);
}

struct poster {
    struct ov_mailbox *mailbox;
    unsigned number;
    pthread_t thread;
};

static struct message *new_message(unsigned poster, uint64_t number)
{
    struct message *message = malloc(sizeof(*message));
    if (message == NULL)
        abort();
    message->poster = poster;
    message->number = number;
    return message;
}

static void *post_many(void *arg)
{
    struct poster *poster = arg;
    for (uint64_t i = 1; i <= EACH; i++) {
        if (ov_mailbox_post(poster->mailbox, new_message(poster->number, i), -1) != OV_OK)
            abort();
    }
    return NULL;
}

static void every_message_arrives_once_and_in_order(void **state)
{
    (void)state;
    struct reader reader = {.base = event_base_new(), .stop_at = (size_t)POSTERS * EACH};
    struct poster posters[POSTERS];
    struct ov_mailbox *mailbox = NULL;
    assert_int_equal(ov_mailbox_new(reader.base, 100, on_message, free_message, &reader, &mailbox),
                     OV_OK);
    for (unsigned i = 0; i < POSTERS; i++) {
        posters[i].mailbox = mailbox;
        posters[i].number = i;
        assert_int_equal(pthread_create(&posters[i].thread, NULL, post_many, &posters[i]), 0);
    }
    assert_true(event_base_dispatch(reader.base) >= 0);
    for (unsigned i = 0; i < POSTERS; i++)
        assert_int_equal(pthread_join(posters[i].thread, NULL), 0);
    assert_int_equal(reader.count, reader.stop_at);
    ov_mailbox_free(mailbox);
    event_base_free(reader.base);
}

static void a_full_mailbox_refuses_and_the_poster_keeps_the_message(void **state)
{
    (void)state;
    struct reader reader = {.base = event_base_new()};
    struct ov_mailbox *mailbox = NULL;
    freed = 0;
    assert_int_equal(ov_mailbox_new(reader.base, 2, on_message, free_message, &reader, &mailbox),
                     OV_OK);
    assert_int_equal(ov_mailbox_post(mailbox, new_message(0, 1), 0), OV_OK);
    assert_int_equal(ov_mailbox_post(mailbox, new_message(0, 2), 0), OV_OK);
    struct message *extra = new_message(0, 3);
    assert_int_equal(ov_mailbox_post(mailbox, extra, 1), OV_ERR_LIMIT);
    free(extra);
    ov_mailbox_free(mailbox);
    assert_int_equal(freed, 2); /* what was left is freed, not lost */
    event_base_free(reader.base);
    ov_mailbox_free(NULL);
}

static void a_backlog_does_not_starve_the_loop(void **state)
{
    (void)state;
    struct reader reader = {.base = event_base_new(), .stop_at = 1000};
    struct ov_mailbox *mailbox = NULL;
    assert_int_equal(ov_mailbox_new(reader.base, 1000, on_message, free_message, &reader, &mailbox),
                     OV_OK);
    for (uint64_t i = 1; i <= 1000; i++)
        assert_int_equal(ov_mailbox_post(mailbox, new_message(0, i), 0), OV_OK);
    assert_true(event_base_loop(reader.base, EVLOOP_ONCE) >= 0);
    assert_true(reader.count < 1000); /* one turn takes a part ... */
    assert_true(event_base_dispatch(reader.base) >= 0);
    assert_int_equal(reader.count, 1000); /* ... and the rest follows without another post */
    ov_mailbox_free(mailbox);
    event_base_free(reader.base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_arrives_once_and_in_order),
        cmocka_unit_test(a_full_mailbox_refuses_and_the_poster_keeps_the_message),
        cmocka_unit_test(a_backlog_does_not_starve_the_loop),
    };
    if (ov_net_init() != OV_OK)
        return 1;
    return cmocka_run_group_tests_name("mailbox", tests, NULL, NULL);
}
