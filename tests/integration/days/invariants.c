/* The questions, in SQL where the database can answer. */
#include "tests/integration/days/invariants.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static long count_for(struct load *load, const char *sql)
{
    char text[OV_ID_TEXT_SIZE];
    char whole[1024];
    (void)snprintf(
        whole, sizeof(whole),
        "WITH alert AS (SELECT * FROM overt.alert WHERE run_id = '%s'), raised AS (SELECT "
        "b->'object'->>'id' AS id FROM (SELECT convert_from(body, 'UTF8')::jsonb AS b "
        "FROM audit.event) e WHERE b->>'name' = 'alert.raised' AND b->'details'->>'run' "
        "= '%s') %s",
        ov_id_format(&load->run_id, text), text, sql);
    return world_psql_number(load->world, whole);
}

static void check_books(const struct load *load)
{
    for (size_t i = 0; i < load->match_count; i++) {
        const struct load_match *match = &load->matches[i];
        assert_true(match->acked);
        assert_false(match->wrongly_acked);
        assert_true(match->alerted);
        assert_false(match->second_alert);
    }
    assert_int_equal(load->protocol_errors, 0);
}

void assert_each_match_has_one_alert(struct load *load)
{
    long matches = (long)load->match_count;
    check_books(load);
    assert_int_equal(count_for(load, "SELECT count(*) FROM alert"), matches);
    assert_int_equal(count_for(load, "SELECT count(DISTINCT sequence) FROM alert"), matches);
    assert_int_equal(count_for(load, "SELECT count(*) FROM alert WHERE (sequence - 1) % 8 <> 0"),
                     0);
    assert_int_equal(count_for(load, "SELECT count(*) FROM raised"), matches);
    assert_int_equal(count_for(load, "SELECT count(*) FROM alert JOIN raised ON raised.id = "
                                     "alert.id::text"),
                     matches);
    assert_int_equal(world_psql_number(load->world,
                                       "SELECT coalesce(sum(last_number - n), 0) FROM (SELECT "
                                       "max(feed_number) AS last_number, count(*) AS n FROM "
                                       "overt.alert GROUP BY deployment_id) feeds"),
                     0);
}

long vault_orphans(struct world *world)
{
    struct ov_buf ids = OV_BUF_INIT;
    DIR *dir = opendir(world_path(world, "vault/alert"));
    long keys = 0;
    long owned = 0;
    assert_non_null(dir);
    assert_int_equal(world_psql(world, "admin", "SELECT id FROM overt.alert", &ids), 0);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        char id[OV_ID_TEXT_SIZE];
        if (strlen(entry->d_name) < OV_ID_TEXT_SIZE - 1)
            continue;
        (void)snprintf(id, sizeof(id), "%.36s", entry->d_name);
        keys++;
        owned += ids.data != NULL && strstr(ids.data, id) != NULL;
    }
    (void)closedir(dir);
    ov_buf_free(&ids);
    assert_int_equal(owned, world_psql_number(world, "SELECT count(*) FROM overt.alert"));
    return keys - owned;
}
