/* SPDX-License-Identifier: MIT */
#include "unit_arena.h"

#include "data.h"

static struct ma_data *fresh(const char *json)
{
    const char *err = NULL;
    const struct ma_data *template = ma_data_template(&arena, json, &err);
    assert_non_null(template);
    return ma_data_clone(&arena, template, NULL);
}

static const struct ma_data *child(const struct ma_data *d, unsigned index)
{
    const struct ma_data *c = d->children.first;
    while (index-- > 0 && c != NULL)
        c = c->next;
    assert_non_null(c);
    return c;
}

static void keys_keep_the_order_of_the_template(void **state)
{
    struct ma_data *d = fresh("{\"z\": null, \"a\": true, \"m\": \"x\", \"b\": -7}");
    (void)state;
    assert_string_equal(child(d, 0)->key, "z");
    assert_int_equal(child(d, 0)->kind, MA_DATA_NULL);
    assert_string_equal(child(d, 1)->key, "a");
    assert_true(child(d, 1)->truth);
    assert_string_equal(child(d, 2)->text.bytes, "x");
    assert_int_equal(child(d, 3)->number, -7);
    assert_null(child(d, 3)->next);
}

static void a_bad_template_says_why(void **state)
{
    static const char *const bad[] = {
        "", "[]", "{", "{\"a\": 1.5}", "{\"a\": 1, \"a\": 2}", "null"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *err = NULL;
        assert_null(ma_data_template(&arena, bad[i], &err));
        assert_non_null(err);
        assert_true(strlen(err) > 0);
    }
}

static void rows_start_with_all_their_keys(void **state)
{
    struct ma_data *d = fresh("{\"rows\": [{\"name\": null, \"list\": [{\"n\": 0}]}]}");
    (void)state;
    assert_null(child(d, 0)->children.first);
    for (int i = 0; i < 2; i++) {
        struct ma_data *row = ma_append(d, "rows");
        ma_put(row, "name", i == 0 ? "first" : NULL);
        ma_put_int(ma_append(row, "list"), "n", 40 + i);
    }
    const struct ma_data *first = child(child(d, 0), 0), *second = child(child(d, 0), 1);
    assert_string_equal(child(first, 0)->text.bytes, "first");
    assert_int_equal(child(second, 0)->kind, MA_DATA_NULL);
    assert_int_equal(child(child(child(first, 1), 0), 0)->number, 40);
    assert_int_equal(child(child(child(second, 1), 0), 0)->number, 41);
    assert_null(child(child(first, 1), 0)->next);
}

static void clones_do_not_share_what_is_put(void **state)
{
    const char *err;
    const struct ma_data *template =
        ma_data_template(&arena, "{\"o\": {\"k\": null}, \"l\": [\"given\"]}", &err);
    struct ma_data *a = ma_data_clone(&arena, template, NULL);
    struct ma_data *b = ma_data_clone(&arena, template, NULL);
    (void)state;
    ma_put(ma_object(a, "o"), "k", "mine");
    ma_append_text(a, "l", "more");
    assert_int_equal(child(child(b, 0), 0)->kind, MA_DATA_NULL);
    assert_string_equal(child(child(b, 1), 0)->text.bytes, "given");
    assert_null(child(child(b, 1), 0)->next);
    assert_string_equal(child(child(a, 1), 1)->text.bytes, "more");
}

static void what_was_not_declared_is_ignored(void **state)
{
    struct ma_data *d = fresh("{\"a\": null, \"l\": [], \"o\": {}}");
    (void)state;
    ma_put(d, "b", "x");
    ma_put(d, "l", "not over an array");
    ma_put_int(d, "o", 1);
    ma_put(ma_append(d, "nowhere"), "x", "y");
    ma_put(ma_object(d, "a"), "x", "y");
    ma_append_text(d, "a", "x");
    assert_int_equal(child(d, 0)->kind, MA_DATA_NULL);
    assert_null(child(d, 1)->children.first);
    assert_null(child(d, 2)->children.first);
    assert_null(child(d, 2)->next);
}

static void free_rows_take_any_key(void **state)
{
    struct ma_data *d = fresh("{\"trace\": []}");
    struct ma_data *node = ma_append_free(d, "trace");
    char key[] = "verdict";
    (void)state;
    ma_put(node, key, "pass");
    key[0] = 'X'; /* keys are copied */
    ma_put_bool(ma_append_free(node, "terms"), "void", true);
    ma_put_bool(ma_append_free(node, "terms"), "void", false);
    ma_append_text(node, "names", "a.example");
    ma_put_int(ma_object(node, "counts"), "lookups", 3);
    assert_string_equal(child(node, 0)->key, "verdict");
    assert_false(child(child(child(node, 1), 1), 0)->truth);
    assert_string_equal(child(child(node, 2), 0)->text.bytes, "a.example");
    assert_int_equal(child(child(node, 3), 0)->number, 3);
}

static void the_last_value_put_counts_and_bytes_are_kept(void **state)
{
    struct ma_data *d = fresh("{\"a\": null}");
    (void)state;
    ma_put_int(d, "a", 5);
    ma_put_bytes(d, "a", "x\0y", 3);
    assert_int_equal(child(d, 0)->kind, MA_DATA_TEXT);
    assert_int_equal(child(d, 0)->text.size, 3);
    assert_memory_equal(child(d, 0)->text.bytes, "x\0y", 3);
    ma_put(d, "a", NULL);
    assert_int_equal(child(d, 0)->kind, MA_DATA_NULL);
}

static void without_memory_nothing_breaks(void **state)
{
    struct ma_arena small;
    (void)state;
    for (size_t cap = 0; cap < 2000; cap += 16) {
        const char *err;
        ma_arena_init(&small, 128, cap);
        struct ma_data *d = ma_data_clone(&small, fresh("{\"l\": [{\"k\": null}]}"), NULL);
        struct ma_data *row = ma_append(d, "l");
        ma_put(row, "k", "value");
        ma_append_text(ma_append_free(d, "l"), "x", "y");
        ma_object(d, "l");
        ma_data_template(&small, "{\"a\": {\"b\": [\"c\"]}}", &err);
        ma_arena_clear(&small);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_keep_the_order_of_the_template),
        cmocka_unit_test(a_bad_template_says_why),
        cmocka_unit_test(rows_start_with_all_their_keys),
        cmocka_unit_test(clones_do_not_share_what_is_put),
        cmocka_unit_test(what_was_not_declared_is_ignored),
        cmocka_unit_test(free_rows_take_any_key),
        cmocka_unit_test(the_last_value_put_counts_and_bytes_are_kept),
        cmocka_unit_test(without_memory_nothing_breaks),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
