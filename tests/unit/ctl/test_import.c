/* Import lists: columns in any order, each row accounted for, no path out of the folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "server/ctl/import_list.h"

static struct ov_error err;

static enum ov_status parse(const char *text, struct import_list *list)
{
    struct ov_secret secret = OV_SECRET_INIT;
    ov_error_clear(&err);
    memset(list, 0, sizeof(*list));
    if (*text != '\0')
        assert_int_equal(ov_secret_copy(&secret, text, strlen(text)), OV_OK);
    return import_list_parse(&secret, "folder", list, &err);
}

static void columns_come_in_any_order_and_case(void **state)
{
    struct import_list list;
    (void)state;
    assert_int_equal(parse("\xef\xbb\xbfReference,NAME,image,Response,category\r\n"
                           "REF-1,\"Doe, Jane\",a/b.jpg,identify,missing_at_risk\r\n",
                           &list),
                     OV_OK);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.rows[0].number, 2);
    assert_string_equal(list.rows[0].fields[IMPORT_IMAGE], "a/b.jpg");
    assert_string_equal(list.rows[0].fields[IMPORT_CATEGORY], "missing_at_risk");
    assert_string_equal(list.rows[0].fields[IMPORT_RESPONSE], "identify");
    assert_string_equal(list.rows[0].fields[IMPORT_NAME], "Doe, Jane");
    assert_string_equal(list.rows[0].fields[IMPORT_REFERENCE], "REF-1");
    assert_string_equal(list.rows[0].outcome, "");
    import_list_free(&list);
}

static void a_missing_or_wrong_header_is_refused_without_repeating_it(void **state)
{
    static const char *const bad[] = {
        "",
        "\n\n",
        "a.jpg,missing_at_risk,identify,Jane Doe,REF-1\n",
        "image,category,response,name\n",
        "image,category,response,name,name\n",
        "image,category,response,name,reference,born\n",
        "image;category;response;name;reference\n",
    };
    struct import_list list;
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(parse(bad[i], &list), OV_ERR_INVALID);
        assert_string_equal(err.code, "import.header");
        assert_null(strstr(err.text, "Jane"));
    }
}

static void every_row_is_accounted_for_by_its_number(void **state)
{
    static const struct {
        size_t number;
        const char *outcome;
    } wanted[] = {{2, ""},
                  {3, "row.columns"},
                  {4, "row.columns"},
                  {5, "row.quotes"},
                  {6, "row.text"},
                  {7, "row.text"},
                  {8, ""},
                  {10, ""}};
    struct import_list list;
    (void)state;
    assert_int_equal(parse("image,category,response,name,reference\n"
                           "1.jpg,c,r,n,f\n"
                           "2.jpg,c,r,n\n"
                           "3.jpg,c,r,n,f,more\n"
                           "4.jpg,c,r,\"n,f\n"
                           "5.jpg,c,r,,f\n"
                           "6.jpg,c,r,n\033,f\n"
                           "7.jpg,c,r,n,f\n"
                           "\n"
                           "8.jpg,c,r,n,f",
                           &list),
                     OV_OK);
    assert_int_equal(list.count, sizeof(wanted) / sizeof(wanted[0]));
    for (size_t i = 0; i < list.count; i++) {
        assert_int_equal(list.rows[i].number, wanted[i].number);
        assert_string_equal(list.rows[i].outcome, wanted[i].outcome);
    }
    import_list_free(&list);
}

static void images_lie_in_the_list_s_folder(void **state)
{
    static const char *const bad[] = {"/etc/shadow", "../a.jpg", "a/../../b.jpg", "a/..", "..", ""};
    static const char *const good[] = {"a.jpg", "a/b/c.jpg", "..a.jpg", "a../b.jpg", "./a.jpg"};
    struct import_list list;
    char text[256];
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        (void)snprintf(text, sizeof(text), "image,category,response,name,reference\n%s,c,r,n,f\n",
                       bad[i]);
        assert_int_equal(parse(text, &list), OV_OK);
        assert_string_equal(list.rows[0].outcome, "row.image_path");
        import_list_free(&list);
    }
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        (void)snprintf(text, sizeof(text), "image,category,response,name,reference\n%s,c,r,n,f\n",
                       good[i]);
        assert_int_equal(parse(text, &list), OV_OK);
        assert_string_equal(list.rows[0].outcome, "");
        import_list_free(&list);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_come_in_any_order_and_case),
        cmocka_unit_test(a_missing_or_wrong_header_is_refused_without_repeating_it),
        cmocka_unit_test(every_row_is_accounted_for_by_its_number),
        cmocka_unit_test(images_lie_in_the_list_s_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
