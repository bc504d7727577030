/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "arena.h"

static unsigned released;
static int order[8];

static void release(void *object)
{
    order[released++ % 8] = *(int *)object;
}

static int setup(void **state)
{
    static struct ma_arena arena;
    ma_arena_init(&arena, 256, 64 * 1024);
    released = 0;
    *state = &arena;
    return 0;
}

static int teardown(void **state)
{
    ma_arena_clear(*state);
    return 0;
}

static void memory_is_zeroed_and_aligned(void **state)
{
    for (size_t size = 0; size < 600; size += 7) {
        memset(ma_arena_bytes(*state, 3), 0xff, 3);
        unsigned char *p = ma_arena_alloc(*state, size);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, size);
    }
}

static void text_is_copied_whole(void **state)
{
    char longer[5000];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_string_equal(ma_arena_strdup(*state, ""), "");
    assert_string_equal(ma_arena_strdup(*state, longer), longer);
    assert_memory_equal(ma_arena_copy(*state, "a\0b", 3), "a\0b", 4);
    assert_string_equal(ma_arena_printf(*state, "%s-%d", "a", 7), "a-7");
    for (size_t size = 250; size < 260; size++)
        assert_int_equal(strlen(ma_arena_printf(*state, "%.*s", (int)size, longer)), size);
    assert_string_equal(ma_arena_printf(*state, "%s", longer), longer);
}

static void rollback_keeps_what_was_there(void **state)
{
    struct ma_arena *a = *state;
    char *before = ma_arena_strdup(a, "before");
    int one = 1, two = 2;
    ma_arena_defer(a, release, &one);
    struct ma_arena_mark mark = ma_arena_mark(a);
    size_t used = a->used_bytes;
    for (int round = 0; round < 5; round++) {
        ma_arena_defer(a, release, &two);
        for (int i = 0; i < 100; i++)
            memset(ma_arena_bytes(a, 50), 'x', 50);
        ma_arena_rollback(a, &mark);
        assert_int_equal(a->used_bytes, used);
        assert_int_equal(released, round + 1);
        assert_int_equal(order[round], 2);
    }
    assert_string_equal(before, "before");
    ma_arena_clear(a);
    assert_int_equal(released, 6);
    assert_int_equal(order[5], 1);
}

static void rollback_to_nothing_works(void **state)
{
    struct ma_arena *a = *state;
    struct ma_arena_mark mark = ma_arena_mark(a);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 40; i++)
            assert_non_null(ma_arena_alloc(a, 100));
        ma_arena_rollback(a, &mark);
        assert_int_equal(a->used_bytes, 0);
    }
    assert_non_null(ma_arena_alloc(a, 1000));
    ma_arena_rollback(a, &mark);
    ma_arena_clear(a);
    assert_non_null(ma_arena_strdup(a, "again"));
}

static void hooks_run_newest_first(void **state)
{
    int numbers[] = {0, 1, 2};
    for (int i = 0; i < 3; i++)
        ma_arena_defer(*state, release, &numbers[i]);
    ma_arena_clear(*state);
    assert_int_equal(released, 3);
    assert_int_equal(order[0], 2);
    assert_int_equal(order[2], 0);
}

static void the_cap_holds(void **state)
{
    struct ma_arena *a = *state;
    assert_null(ma_arena_alloc(a, 64 * 1024 + 1));
    assert_null(ma_arena_alloc(a, SIZE_MAX));
    assert_null(ma_arena_copy(a, "", SIZE_MAX));
    assert_non_null(ma_arena_alloc(a, 60 * 1024));
    assert_null(ma_arena_alloc(a, 60 * 1024));
    assert_null(ma_arena_printf(a, "%*d", 8000, 1));
    assert_non_null(ma_arena_alloc(a, 1000));
}

/* One byte a piece takes sixteen: the cap is on memory, not on what was asked for. */
static void alignment_counts(void **state)
{
    size_t pieces = 0;
    while (ma_arena_alloc(*state, 1) != NULL)
        pieces++;
    assert_true(pieces <= 64 * 1024 / sizeof(void *));
}

static void the_way_out_is_taken(void **state)
{
    struct ma_arena *a = *state;
    jmp_buf full;
    if (setjmp(full) == 0) {
        a->on_full = &full;
        for (;;)
            assert_non_null(ma_arena_alloc(a, 1000));
    }
    a->on_full = NULL;
    assert_true(a->used_bytes <= a->cap_bytes);
}

/* What cannot be remembered is released at once, on either way out. */
static void defer_never_leaks(void **state)
{
    struct ma_arena *a = *state;
    int one = 1;
    jmp_buf full;
    while (ma_arena_bytes(a, 1) != NULL)
        ;
    ma_arena_defer(a, release, &one);
    assert_int_equal(released, 1);
    if (setjmp(full) == 0) {
        a->on_full = &full;
        ma_arena_defer(a, release, &one);
        fail_msg("the way out was not taken");
    }
    a->on_full = NULL;
    assert_int_equal(released, 2);
    ma_arena_clear(a);
    assert_int_equal(released, 2);
}

static void arrays_grow(void **state)
{
    size_t room = 0;
    int *list = NULL;
    for (size_t i = 0; i < 1000; i++) {
        list = ma_arena_grow(*state, list, i, &room, sizeof *list);
        assert_true(room > i);
        list[i] = (int)i;
    }
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(list[i], i);
    room = 32 * 1024;
    assert_null(ma_arena_grow(*state, list, room, &room, sizeof *list));
    assert_int_equal(room, 32 * 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(memory_is_zeroed_and_aligned, setup, teardown),
        cmocka_unit_test_setup_teardown(text_is_copied_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(rollback_keeps_what_was_there, setup, teardown),
        cmocka_unit_test_setup_teardown(rollback_to_nothing_works, setup, teardown),
        cmocka_unit_test_setup_teardown(hooks_run_newest_first, setup, teardown),
        cmocka_unit_test_setup_teardown(the_cap_holds, setup, teardown),
        cmocka_unit_test_setup_teardown(alignment_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(the_way_out_is_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(defer_never_leaks, setup, teardown),
        cmocka_unit_test_setup_teardown(arrays_grow, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
