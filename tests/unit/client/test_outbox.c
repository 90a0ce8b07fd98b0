/* The outbox: bounds, credit, batches, sending again, forgetting. */
#include "client/link/outbox.h"
#include "tests/unit/client/test_client.h"

#define NOW (1000 * OV_US_PER_S)
#define LATER (NOW + OUTBOX_LINGER_US)

static enum ov_status add(struct outbox *outbox, uint64_t sequence, int64_t at_us)
{
    struct ov_probe probe;
    memset(&probe, 0, sizeof(probe));
    probe.sequence = sequence;
    probe.descriptor = secret_of("a descriptor, secret");
    enum ov_status status = outbox_add(outbox, &probe, at_us);
    if (status == OV_OK)
        assert_null(probe.descriptor.data);
    ov_secret_free(&probe.descriptor);
    return status;
}

static struct outbox *filled(uint64_t count)
{
    struct outbox *outbox = outbox_new();
    assert_non_null(outbox);
    for (uint64_t i = 1; i <= count; i++)
        assert_int_equal(add(outbox, i, NOW), OV_OK);
    return outbox;
}

static void count_one(void *ctx, uint64_t sequence)
{
    (void)sequence;
    ++*(size_t *)ctx;
}

static size_t ack(struct outbox *outbox, uint64_t batch)
{
    size_t seen = 0;
    size_t gone = outbox_ack(outbox, batch, count_one, &seen);
    assert_int_equal(gone, seen);
    return gone;
}

static void test_no_more_than_512_are_kept(void **state)
{
    (void)state;
    struct outbox *outbox = filled(OUTBOX_MAX);
    assert_int_equal(add(outbox, OUTBOX_MAX + 1, NOW), OV_ERR_LIMIT);
    assert_int_equal(outbox_length(outbox), OUTBOX_MAX);
    outbox_free(outbox);
}

static void test_a_lone_probe_waits_50_ms_for_company(void **state)
{
    (void)state;
    struct outbox *outbox = filled(1);
    struct ov_probe probes[OUTBOX_BATCH_MAX];
    size_t fresh = 0;
    assert_int_equal(outbox_next_batch(outbox, 1, 100, LATER - 1, probes, &fresh), 0);
    assert_int_equal(outbox_next_batch(outbox, 1, 100, LATER, probes, &fresh), 1);
    assert_int_equal(fresh, 1);
    assert_int_equal(outbox_next_batch(outbox, 2, 100, LATER, probes, &fresh), 0);
    outbox_free(outbox);
}

static void test_a_full_batch_of_16_goes_at_once_in_order(void **state)
{
    (void)state;
    struct outbox *outbox = filled(17);
    struct ov_probe probes[OUTBOX_BATCH_MAX];
    size_t fresh = 0;
    assert_int_equal(outbox_next_batch(outbox, 1, 100, NOW, probes, &fresh), 16);
    for (size_t i = 0; i < 16; i++)
        assert_int_equal(probes[i].sequence, i + 1);
    assert_int_equal(outbox_next_batch(outbox, 2, 100, NOW, probes, &fresh), 0);
    assert_int_equal(outbox_next_batch(outbox, 2, 100, LATER, probes, &fresh), 1);
    outbox_free(outbox);
}

static void test_never_more_in_flight_than_credit(void **state)
{
    (void)state;
    struct outbox *outbox = filled(100);
    struct ov_probe probes[OUTBOX_BATCH_MAX];
    size_t fresh = 0;
    assert_int_equal(outbox_next_batch(outbox, 1, 20, LATER, probes, &fresh), 16);
    assert_int_equal(outbox_next_batch(outbox, 2, 20, LATER, probes, &fresh), 4);
    assert_int_equal(outbox_next_batch(outbox, 3, 20, LATER, probes, &fresh), 0);
    assert_int_equal(outbox_in_flight(outbox), 20);
    assert_int_equal(ack(outbox, 1), 16);
    assert_int_equal(outbox_next_batch(outbox, 3, 10, LATER, probes, &fresh), 6);
    assert_int_equal(outbox_next_batch(outbox, 4, 0, LATER, probes, &fresh), 0);
    assert_int_equal(outbox_next_batch(outbox, 4, 9, LATER, probes, &fresh), 0);
    outbox_free(outbox);
}

static void test_after_a_reconnect_the_unacknowledged_go_again_with_their_sequences(void **state)
{
    (void)state;
    struct outbox *outbox = filled(20);
    struct ov_probe probes[OUTBOX_BATCH_MAX];
    size_t fresh = 0;
    (void)outbox_next_batch(outbox, 1, 100, LATER, probes, &fresh);
    (void)outbox_next_batch(outbox, 2, 100, LATER, probes, &fresh);
    assert_int_equal(ack(outbox, 1), 16);
    outbox_resend(outbox);
    assert_int_equal(outbox_in_flight(outbox), 0);
    assert_int_equal(outbox_next_batch(outbox, 1, 100, LATER, probes, &fresh), 4);
    assert_int_equal(probes[0].sequence, 17);
    assert_int_equal(fresh, 0); /* counted as sent once only */
    assert_memory_equal(probes[0].descriptor.data, "a descriptor, secret", 20);
    outbox_free(outbox);
}

static void test_an_acknowledgement_is_taken_once_and_only_for_its_batch(void **state)
{
    (void)state;
    struct outbox *outbox = filled(20);
    struct ov_probe probes[OUTBOX_BATCH_MAX];
    size_t fresh = 0;
    assert_int_equal(ack(outbox, 0), 0); /* those that wait are in no batch */
    (void)outbox_next_batch(outbox, 1, 100, LATER, probes, &fresh);
    assert_int_equal(ack(outbox, 7), 0);
    assert_int_equal(ack(outbox, 1), 16);
    assert_int_equal(ack(outbox, 1), 0);
    assert_int_equal(outbox_length(outbox), 4);
    outbox_free(outbox);
}

static void test_the_old_are_given_up_and_told_apart_by_whether_they_were_sent(void **state)
{
    (void)state;
    struct outbox *outbox = filled(16);
    struct ov_probe probes[OUTBOX_BATCH_MAX];
    size_t fresh = 0;
    (void)outbox_next_batch(outbox, 1, 10, NOW, probes, &fresh);
    assert_int_equal(add(outbox, 17, NOW + OV_US_PER_S), OV_OK);
    struct outbox_lost lost =
        outbox_expire(outbox, NOW + OUTBOX_AGE_OPERATIONAL_US, OUTBOX_AGE_OPERATIONAL_US);
    assert_int_equal(lost.sent + lost.unsent, 0);
    lost = outbox_expire(outbox, NOW + OUTBOX_AGE_OPERATIONAL_US + 1, OUTBOX_AGE_OPERATIONAL_US);
    assert_int_equal(lost.sent, 10);
    assert_int_equal(lost.unsent, 6);
    assert_int_equal(outbox_length(outbox), 1);
    outbox_free(outbox);
}

static void test_what_is_given_up_has_been_wiped_in_memory(void **state)
{
    (void)state;
    struct outbox *outbox = filled(1);
    struct ov_probe probes[OUTBOX_BATCH_MAX];
    size_t fresh = 0;
    assert_int_equal(outbox_next_batch(outbox, 1, 10, LATER, probes, &fresh), 1);
    const unsigned char *where = probes[0].descriptor.data;
    assert_int_equal(outbox_wipe(outbox).sent, 1);
    static const unsigned char zeros[12];
    assert_memory_equal(where + 8, zeros, sizeof(zeros)); /* the first bytes may hold a link */
    outbox_free(outbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_more_than_512_are_kept),
        cmocka_unit_test(test_a_lone_probe_waits_50_ms_for_company),
        cmocka_unit_test(test_a_full_batch_of_16_goes_at_once_in_order),
        cmocka_unit_test(test_never_more_in_flight_than_credit),
        cmocka_unit_test(test_after_a_reconnect_the_unacknowledged_go_again_with_their_sequences),
        cmocka_unit_test(test_an_acknowledgement_is_taken_once_and_only_for_its_batch),
        cmocka_unit_test(test_the_old_are_given_up_and_told_apart_by_whether_they_were_sent),
        cmocka_unit_test(test_what_is_given_up_has_been_wiped_in_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
