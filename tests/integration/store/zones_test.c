/* Zones of recognition: the database compares them as the server does, and which ones are in force
 * does not change but by a change that it has compared. */
#include <stdlib.h>

#include "common/base/bytes.h"
#include "common/face/zone.h"

#include "tests/integration/store/fixture.h"

/* Knuth's MMIX generator: the same polygons in every run. */
static size_t below(uint64_t *seed, size_t limit)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(*seed >> 33) % limit;
}

/* A polygon on a coarse grid, so that corners and edges of two often touch. */
static struct ov_zone drawn(uint64_t *seed)
{
    struct ov_zone zone = {.count = 0};
    struct ov_error err = OV_ERROR_INIT;
    bool simple = false;
    while (!simple) {
        zone.count = 3 + below(seed, 4);
        for (size_t i = 0; i < zone.count; i++)
            zone.points[i] = (struct ov_zone_point){(uint16_t)(below(seed, 5) * 2500),
                                                    (uint16_t)(below(seed, 5) * 2500)};
        simple = ov_zone_check(&zone, &err) == OV_OK;
        ov_error_clear(&err);
    }
    return zone;
}

/* Between three of the other's corners; else another one. */
static struct ov_zone cut_from(const struct ov_zone *other, uint64_t *seed)
{
    struct ov_error err = OV_ERROR_INIT;
    struct ov_zone zone = {.count = 3};
    for (size_t i = 0; i < zone.count; i++)
        zone.points[i] = other->points[below(seed, other->count)];
    bool simple = ov_zone_check(&zone, &err) == OV_OK;
    ov_error_clear(&err);
    return simple ? zone : drawn(seed);
}

/* The i-th of the run: the whole picture, the same, a part, or any. */
static struct ov_zone partner(int i, const struct ov_zone *outer, uint64_t *seed)
{
    if (i % 50 == 0)
        return (struct ov_zone){.count = 0};
    if (i % 50 == 2)
        return *outer;
    return i % 3 == 0 && outer->count > 0 ? cut_from(outer, seed) : drawn(seed);
}

static void append_zone(struct ov_buf *sql, const struct ov_zone *zone)
{
    ov_buf_printf(sql, "'{");
    for (size_t i = 0; i < zone->count; i++)
        ov_buf_printf(sql, "%s%d,%d", i > 0 ? "," : "", zone->points[i].x, zone->points[i].y);
    ov_buf_printf(sql, "}'::integer[]");
}

static void the_database_compares_zones_as_the_server_does(void **state)
{
    struct fixture *f = *state;
    struct ov_buf sql = OV_BUF_INIT;
    const struct ov_zone whole = {.count = 0};
    uint64_t seed = 20261126;
    int inside = 0;
    ov_buf_printf(&sql, "SELECT count(*) FROM (VALUES ");
    for (int i = 0; i < 1200; i++) {
        struct ov_zone outer = i % 50 == 1 ? whole : drawn(&seed);
        struct ov_zone inner = partner(i, &outer, &seed);
        bool within = ov_zone_is_within(&inner, &outer);
        inside += within;
        ov_buf_printf(&sql, "%s(", i > 0 ? "," : "");
        append_zone(&sql, &inner);
        ov_buf_printf(&sql, ",");
        append_zone(&sql, &outer);
        ov_buf_printf(&sql, ",%s)", within ? "true" : "false");
    }
    ov_buf_printf(&sql, ") AS pair (a, b, c) WHERE overt.zone_within(a, b) <> c");
    ov_buf_append(&sql, "", 1);
    assert_false(sql.failed);
    int64_t differ = pg_value(f->pg, "owner", (const char *)sql.data);
    ov_buf_free(&sql);
    assert_in_range(inside, 150, 1050);
    assert_int_equal(differ, 0);
}

#define CHANGE                                                                                     \
    "INSERT INTO overt.settings_change (id, deployment_id, direction, base_digest, "               \
    "settings_digest, reason_digest, threshold, cool_down_s, min_face_px, gate_eye_distance_px, "  \
    "gate_sharpness, gate_yaw_deg, gate_pitch_deg, gate_roll_deg, gate_brightness_min, "           \
    "gate_brightness_max, proposed_by, proposed_at, state) SELECT '%s', id, 'tighter', "           \
    "settings_digest, '\\x%s', '\\x%s', threshold, cool_down_s, min_face_px, "                     \
    "gate_eye_distance_px, gate_sharpness, gate_yaw_deg, gate_pitch_deg, gate_roll_deg, "          \
    "gate_brightness_min, gate_brightness_max, applied_by, now(), 'in_force' FROM "                \
    "overt.deployment WHERE id = '%s'; "
#define CAMERA "INSERT INTO overt.settings_camera VALUES ('%s', '%s', '%s', '%s'); "
#define APPLY "UPDATE overt.deployment SET settings_digest = '\\x%s' WHERE id = '%s'; "

#define SQUARE "{2000,2000,8000,2000,8000,8000,2000,8000}"
#define INSIDE "{2000,2000,8000,2000,8000,7999,2000,7999}"
#define WIDER "{2000,2000,8000,2000,8000,8001,2000,8001}"

/* Authorised; looks at a square of one camera's picture. What a change of it needs is there. */
struct scene {
    struct id_text deployment;
    struct id_text site;
    struct digest_text now;
    struct digest_text next;
    struct digest_text reason;
    struct id_text change; /* not there yet */
    struct id_text other;
};

static struct scene square(struct fixture *f, const char *name)
{
    struct ov_error err = OV_ERROR_INIT;
    struct deployment row = pg_seed_deployment(f->store, name, &f->applicant, &f->site);
    struct deployment_camera camera = {
        .site_id = f->site.id,
        .camera = "gate",
        .zone = {4, {{2000, 2000}, {8000, 2000}, {8000, 8000}, {2000, 8000}}}};
    struct ov_id ids[2] = {ov_id_new(), ov_id_new()};
    row.id = ov_id_new();
    (void)snprintf(row.name, sizeof(row.name), "%.80s, a square", name);
    assert_fine(store_begin(f->store, &err), &err);
    pg_seed_document(f->store, "application", &row.id, row.application_digest);
    pg_seed_document(f->store, "settings", &row.id, row.settings_digest);
    assert_fine(store_deployment_add(f->store, &row, &camera, 1, &err), &err);
    assert_fine(store_deployment_apply(f->store, &row.id, &row.applied_by, row.policy_version,
                                       now_us(), &err),
                &err);
    assert_fine(pg_authorise(f->store, &row.id, &f->officer, now_us(), &err), &err);
    pg_seed_event(f->store);
    assert_fine(store_commit(f->store, &err), &err);
    return (struct scene){.deployment = id_text(&row.id),
                          .site = id_text(&f->site.id),
                          .now = digest_text(row.settings_digest),
                          .next = fixture_document(f, "settings", &row.id),
                          .reason = fixture_document(f, "settings_reason", &row.id),
                          .change = id_text(&ids[0]),
                          .other = id_text(&ids[1])};
}

static void a_zone_that_becomes_wider_is_not_tighter(void **state)
{
    static const char *const looser[] = {WIDER, "{}", "{0,0,5000,0,5000,5000,0,5000}",
                                         "{2000,2000,8000,2000,8000,8000,5000,8001,2000,8000}"};
    static const char *const tighter[] = {INSIDE, SQUARE, "{2000,2000,8000,2000,5000,8000}"};
    struct fixture *f = *state;
    struct scene s = square(f, "wider");
    for (size_t i = 0; i < sizeof(looser) / sizeof(looser[0]); i++)
        server_refused(f, "settings_looser", CHANGE CAMERA APPLY, s.change.text, s.next.text,
                       s.reason.text, s.deployment.text, s.change.text, s.site.text, "gate",
                       looser[i], s.next.text, s.deployment.text);
    for (size_t i = 0; i < sizeof(tighter) / sizeof(tighter[0]); i++)
        server_allowed(f, CHANGE CAMERA APPLY, s.change.text, s.next.text, s.reason.text,
                       s.deployment.text, s.change.text, s.site.text, "gate", tighter[i],
                       s.next.text, s.deployment.text);
    server_refused(f, "settings_looser", CHANGE CAMERA APPLY, s.change.text, s.next.text,
                   s.reason.text, s.deployment.text, s.change.text, s.site.text, "another", INSIDE,
                   s.next.text, s.deployment.text);
}

static void what_is_in_force_does_not_change_behind_the_settings(void **state)
{
    struct fixture *f = *state;
    struct scene s = square(f, "behind");
    /* A change to the same settings would be the newest, with cameras that nobody compared. */
    server_refused(f, "settings_same", CHANGE CAMERA, s.change.text, s.now.text, s.reason.text,
                   s.deployment.text, s.change.text, s.site.text, "gate", WIDER);
    /* One more camera, once the change was compared and is in force. */
    server_refused(f, "settings_fixed", CHANGE CAMERA APPLY CAMERA, s.change.text, s.next.text,
                   s.reason.text, s.deployment.text, s.change.text, s.site.text, "gate", INSIDE,
                   s.next.text, s.deployment.text, s.change.text, s.site.text, "another", "{}");
    /* Two of one time: which of them is compared, and which is in force? */
    server_refused(f, "settings_stale", CHANGE CAMERA CHANGE CAMERA, s.change.text, s.next.text,
                   s.reason.text, s.deployment.text, s.change.text, s.site.text, "gate", INSIDE,
                   s.other.text, s.next.text, s.reason.text, s.deployment.text, s.other.text,
                   s.site.text, "gate", WIDER);
}

int run_zone_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_database_compares_zones_as_the_server_does),
        cmocka_unit_test(a_zone_that_becomes_wider_is_not_tighter),
        cmocka_unit_test(what_is_in_force_does_not_change_behind_the_settings),
    };
    return cmocka_run_group_tests_name("zones", tests, fixture_start, fixture_stop);
}
