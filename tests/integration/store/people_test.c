/* Principals, identities and sites. */
#include "tests/integration/store/fixture.h"

static struct principal person(const char *name, unsigned roles)
{
    struct principal principal = {
        .id = ov_id_new(), .kind = PRINCIPAL_PERSON, .active = true, .roles = roles};
    (void)snprintf(principal.name, sizeof(principal.name), "%s", name);
    return principal;
}

static void a_principal_is_found_by_identity_and_id_with_its_roles(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct principal ada = person("ada", ROLE_ADMINISTRATOR | ROLE_OVERSIGHT | ROLE_ADJUDICATOR);
    act(f->store, pg_add_person(f->store, &ada, "overt://person/ada", &act_err));

    struct principal found;
    assert_fine(store_principal_by_identity(f->store, "overt://person/ada", &found, &err), &err);
    assert_true(ov_id_equal(&found.id, &ada.id));
    assert_int_equal(found.kind, PRINCIPAL_PERSON);
    assert_string_equal(found.name, "ada");
    assert_true(found.active);
    assert_int_equal(found.roles, ada.roles);
    memset(&found, 0, sizeof(found));
    assert_fine(store_principal_by_id(f->store, &ada.id, &found, &err), &err);
    assert_string_equal(found.name, "ada");
}

static void every_role_survives_the_database(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct principal all = person("all-roles", ((1u << ROLE_COUNT) - 1u) & ~(unsigned)ROLE_SITE);
    act(f->store, pg_add_person(f->store, &all, "overt://person/all-roles", &act_err));
    struct principal found;
    assert_fine(store_principal_by_id(f->store, &all.id, &found, &err), &err);
    assert_int_equal(found.roles, all.roles);
}

static void an_unknown_identity_is_not_found(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct principal found;
    struct ov_id nobody = ov_id_new();
    assert_refused(store_principal_by_identity(f->store, "overt://person/nobody", &found, &err),
                   OV_ERR_NOT_FOUND, "principal.unknown", &err);
    assert_refused(store_principal_by_id(f->store, &nobody, &found, &err), OV_ERR_NOT_FOUND,
                   "principal.unknown", &err);
}

static void a_second_principal_of_a_name_or_identity_is_refused(void **state)
{
    struct fixture *f = *state;
    struct principal again = person("applicant", ROLE_APPLICANT);
    refused_act(f->store, pg_add_person(f->store, &again, "overt://person/applicant-2", &act_err),
                OV_ERR_EXISTS, "principal.exists");
    again = person("applicant-3", ROLE_APPLICANT);
    refused_act(f->store, pg_add_person(f->store, &again, "overt://person/applicant", &act_err),
                OV_ERR_EXISTS, "principal.exists");
}

static void a_site_identity_or_role_never_stands_for_a_person(void **state)
{
    struct fixture *f = *state;
    struct principal fake = person("fake", ROLE_APPLICANT);
    refused_act(f->store, pg_add_person(f->store, &fake, "overt://site/fake", &act_err),
                OV_ERR_INVALID, "principal.kind");
    fake.roles = ROLE_SITE;
    refused_act(f->store, pg_add_person(f->store, &fake, "overt://person/fake", &act_err),
                OV_ERR_INVALID, "principal.kind");
    fake.roles = 1u << ROLE_COUNT;
    refused_act(f->store, pg_add_person(f->store, &fake, "overt://person/fake", &act_err),
                OV_ERR_INVALID, "principal.invalid");
}

static void names_are_staff_ids_not_free_text(void **state)
{
    struct fixture *f = *state;
    static const char *const bad[] = {"", "Ada Lovelace", "ada.l", "ADA"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct principal principal = person(bad[i], 0);
        refused_act(f->store, pg_add_person(f->store, &principal, "overt://person/x", &act_err),
                    OV_ERR_INVALID, "principal.invalid");
    }
    struct principal principal = person("good", 0);
    refused_act(f->store, pg_add_person(f->store, &principal, "https://x/good", &act_err),
                OV_ERR_INVALID, "principal.invalid");
}

static void principals_are_counted(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    int64_t before = 0;
    int64_t after = 0;
    assert_fine(store_principal_count(f->store, &before, &err), &err);
    (void)pg_seed_person(f->store, "one-more", 0);
    assert_fine(store_principal_count(f->store, &after, &err), &err);
    assert_int_equal(after, before + 1);
}

static void adding_somebody_without_an_audit_event_does_not_commit(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct principal silent = person("silent", 0);
    assert_fine(store_begin(f->store, &err), &err);
    assert_fine(pg_add_person(f->store, &silent, "overt://person/silent", &err), &err);
    assert_refused(store_commit(f->store, &err), OV_ERR_INTERNAL, "audit.missing", &err);
    assert_refused(store_principal_by_id(f->store, &silent.id, &silent, &err), OV_ERR_NOT_FOUND,
                   "principal.unknown", &err);
}

static enum ov_status count_site(void *ctx, const struct site *site)
{
    int *count = ctx;
    (*count)++;
    assert_true(strlen(site->name) > 0);
    return OV_OK;
}

static enum ov_status stop_at_site(void *ctx, const struct site *site)
{
    int *count = ctx;
    (*count)++;
    return site->added_at_us > 0 ? OV_ERR_CLOSED : OV_OK;
}

static void sites_are_found_by_name_and_principal(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct site found;
    assert_fine(store_site_by_name(f->store, "north-gate", &found, &err), &err);
    assert_true(ov_id_equal(&found.id, &f->site.id));
    assert_int_equal(found.added_at_us, f->site.added_at_us);
    assert_fine(store_site_by_principal(f->store, &f->site.principal_id, &found, &err), &err);
    assert_string_equal(found.name, "north-gate");
    assert_refused(store_site_by_name(f->store, "south", &found, &err), OV_ERR_NOT_FOUND,
                   "site.unknown", &err);
    assert_refused(store_site_by_principal(f->store, &f->officer, &found, &err), OV_ERR_NOT_FOUND,
                   "site.unknown", &err);

    (void)pg_seed_site(f->store, "east-gate");
    int count = 0;
    assert_fine(store_site_each(f->store, count_site, &count, &err), &err);
    assert_int_equal(count, 2);
    count = 0;
    assert_int_equal(store_site_each(f->store, stop_at_site, &count, &err), OV_ERR_CLOSED);
    assert_int_equal(count, 1);
}

static void a_site_needs_a_site_principal_of_its_own(void **state)
{
    struct fixture *f = *state;
    struct site site = {.id = ov_id_new(), .principal_id = f->officer, .added_at_us = now_us()};
    (void)snprintf(site.name, sizeof(site.name), "house");
    refused_act(f->store, store_site_add(f->store, &site, &act_err), OV_ERR_INVALID,
                "site.principal");
    site.principal_id = f->site.principal_id;
    refused_act(f->store, store_site_add(f->store, &site, &act_err), OV_ERR_EXISTS, "site.exists");
    site.added_at_us = 0;
    refused_act(f->store, store_site_add(f->store, &site, &act_err), OV_ERR_INVALID,
                "store.missing_value");
}

int run_people_tests(void)
{
    const struct CMUnitTest people[] = {
        cmocka_unit_test(a_principal_is_found_by_identity_and_id_with_its_roles),
        cmocka_unit_test(every_role_survives_the_database),
        cmocka_unit_test(an_unknown_identity_is_not_found),
        cmocka_unit_test(a_second_principal_of_a_name_or_identity_is_refused),
        cmocka_unit_test(a_site_identity_or_role_never_stands_for_a_person),
        cmocka_unit_test(names_are_staff_ids_not_free_text),
        cmocka_unit_test(principals_are_counted),
        cmocka_unit_test(adding_somebody_without_an_audit_event_does_not_commit),
        cmocka_unit_test(sites_are_found_by_name_and_principal),
        cmocka_unit_test(a_site_needs_a_site_principal_of_its_own),
    };
    return cmocka_run_group_tests(people, fixture_start, fixture_stop);
}
