/* SPDX-License-Identifier: MIT */
/* Chains of aliases, in one answer and over several. */
#include "store_world.h"

static void aliases_are_followed_and_kept(void **state)
{
    (void)state;
    fake_ok(&fake, "a.test", MA_A,
        "c.test 60 IN A 192.0.2.1\nb.test 40 IN CNAME c.test.\na.test 50 IN CNAME B.test.");
    const struct ma_answer *a = answer("a.test", MA_A);
    assert_int_equal(a->status, MA_OK);
    assert_string_equal(a->name, "a.test");
    assert_int_equal(a->chain_count, 2);
    assert_string_equal(a->chain[0].owner, "a.test");
    assert_string_equal(a->chain[1].name, "c.test");
    assert_string_equal(a->rrs[0].owner, "c.test");
    assert_int_equal(a->ttl_secs, 40);
}

static void aliases_may_lead_to_nothing(void **state)
{
    (void)state;
    fake_ok(&fake, "a.test", MA_TXT, "a.test 50 IN CNAME b.test.");
    assert_int_equal(answer("a.test", MA_TXT)->status, MA_NODATA);
    fake_ok(&fake, "n.test", MA_TXT, "n.test 50 IN CNAME b.test.");
    fake.lines[fake.line_count - 1].reply.status = MA_NXDOMAIN;
    assert_int_equal(answer("n.test", MA_TXT)->status, MA_NXDOMAIN);
    assert_int_equal(answer("n.test", MA_TXT)->chain_count, 1);
    fake_ok(&fake, "a.test", MA_CNAME, "a.test 50 IN CNAME b.test.");
    assert_int_equal(answer("a.test", MA_CNAME)->status, MA_OK);
    assert_int_equal(answer("a.test", MA_CNAME)->chain_count, 0);
}

static void loops_of_aliases_end(void **state)
{
    (void)state;
    fake_ok(&fake, "a.test", MA_A, "a.test 50 IN CNAME a.test.");
    failed("a.test", MA_A, MA_FAIL_CNAME_LOOP);
    fake_ok(&fake, "b.test", MA_A, "b.test 50 IN CNAME c.test.\nc.test 50 IN CNAME b.test.");
    failed("b.test", MA_A, MA_FAIL_CNAME_LOOP);
}

/* Ten aliases are followed, eleven are not: in one message, or one by one. */
static const char *chain_of(char *text, size_t size, unsigned aliases)
{
    FILE *out = fmemopen(text, size, "w");
    assert_non_null(out);
    for (unsigned i = 0; i < aliases; i++)
        fprintf(out, "n%u.test 60 IN CNAME n%u.test.\n", i, i + 1);
    fprintf(out, "n%u.test 60 IN A 192.0.2.1", aliases);
    fclose(out);
    return text;
}

static void long_chains_are_cut(void **state)
{
    char ten[1000], eleven[1000];
    (void)state;
    fake_ok(&fake, "n0.test", MA_A, chain_of(ten, sizeof ten, 10));
    assert_int_equal(answer("n0.test", MA_A)->chain_count, 10);
    ma_store_shrink(store);
    fake_ok(&fake, "n0.test", MA_A, chain_of(eleven, sizeof eleven, 11));
    failed("n0.test", MA_A, MA_FAIL_CNAME_LOOP);
}

/* n0 -> n1 -> ... -> n(last), each known on its own. */
static void say_steps(struct fake *f, unsigned last)
{
    static char names[64][16], records[64][64];
    assert_true(last < 64);
    for (unsigned i = 0; i <= last; i++) {
        snprintf(names[i], sizeof names[i], "n%u.test", i);
        snprintf(records[i], sizeof records[i], "n%u.test 60 IN CNAME n%u.test.", i, i + 1);
        if (i < last)
            fake_chase(f, names[i], MA_A, records[i]);
        else
            fake_ok(f, names[i], MA_A, "x 60 IN A 192.0.2.1");
    }
    snprintf(records[last], sizeof records[last], "n%u.test 60 IN A 192.0.2.1", last);
    f->lines[f->line_count - 1].records = records[last];
}

static void chains_go_on_where_they_lead(void **state)
{
    (void)state;
    say_steps(&fake, 10);
    const struct ma_answer *a = answer("n0.test", MA_A);
    assert_int_equal(a->status, MA_OK);
    assert_int_equal(a->chain_count, 10);
    assert_string_equal(a->chain[9].name, "n10.test");
    assert_string_equal(a->rrs[0].owner, "n10.test");
    assert_int_equal(fake.asked, 11);
}

/* The first source has the alias, the second what it leads to. */
static void chains_go_from_source_to_source(void **state)
{
    (void)state;
    fake.late = true;
    fake_chase(&fake, "a.test", MA_A, "a.test 60 IN CNAME b.test.");
    fake_ok(&second, "b.test", MA_A, "b.test 60 IN A 192.0.2.1");
    struct ma_entry *e = fake_ask(store, "a.test", MA_A);
    fake.unwilling = true;
    fake_settle(&fake, 0);
    assert_int_equal(ma_entry_answer(e)->status, MA_OK);
    assert_int_equal(second.asked, 1);
    ma_store_release(store, e);
}

static void what_aliases_lead_to_may_fail(void **state)
{
    (void)state;
    fake_chase(&fake, "a.test", MA_A, "a.test 60 IN CNAME b.test.");
    fake_fail(&fake, "b.test", MA_A, MA_FAIL_TIMEOUT, "b is silent");
    failed("a.test", MA_A, MA_FAIL_TIMEOUT);
    assert_string_equal(answer("a.test", MA_A)->detail, "b is silent");
    fake_chase(&fake, "c.test", MA_A, "c.test 60 IN CNAME d.test.");
    fake_nothing(&fake, "d.test", MA_A, MA_NODATA, 9);
    assert_int_equal(answer("c.test", MA_A)->status, MA_NODATA);
    assert_int_equal(answer("c.test", MA_A)->ttl_secs, 9);
}

static void loops_over_several_answers_end(void **state)
{
    (void)state;
    for (int late = 0; late < 2; late++) {
        fake.late = late;
        fake_chase(&fake, "a.test", MA_A, "a.test 60 IN CNAME b.test.");
        fake_chase(&fake, "b.test", MA_A, "b.test 60 IN CNAME c.test.");
        fake_chase(&fake, "c.test", MA_A, "c.test 60 IN CNAME a.test.");
        struct ma_entry *a = fake_ask(store, "a.test", MA_A), *b = fake_ask(store, "b.test", MA_A);
        fake_settle_all(&fake);
        assert_int_equal(ma_entry_answer(a)->failure, MA_FAIL_CNAME_LOOP);
        assert_int_equal(ma_entry_answer(b)->failure, MA_FAIL_CNAME_LOOP);
        ma_store_release(store, a);
        ma_store_release(store, b);
        ma_store_shrink(store);
    }
}

/* Whether a name can be resolved does not depend on who asked for it first. */
static void a_chain_too_long_harms_only_its_head(void **state)
{
    (void)state;
    say_steps(&fake, 15);
    failed("n0.test", MA_A, MA_FAIL_CNAME_LOOP);
    for (unsigned i = 1; i <= 15; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%u.test", i);
        assert_int_equal(answer(name, MA_A)->status, i < 5 ? MA_FAILED : MA_OK);
    }
}

static void a_name_asked_for_on_its_own_starts_anew(void **state)
{
    (void)state;
    fake.late = true;
    say_steps(&fake, 15);
    struct ma_entry *head = fake_ask(store, "n0.test", MA_A);
    while (fake_find(&fake, "n10.test", MA_A) == fake.pending_count)
        fake_settle(&fake, 0);
    struct ma_entry *tail = fake_ask(store, "n10.test", MA_A);
    struct ma_entry *middle = fake_ask(store, "n5.test", MA_A);
    fake_settle_all(&fake);
    assert_int_equal(ma_entry_answer(head)->failure, MA_FAIL_CNAME_LOOP);
    assert_int_equal(ma_entry_answer(middle)->status, MA_OK);
    assert_int_equal(ma_entry_answer(tail)->status, MA_OK);
    assert_int_equal(fake.asked, 16);
    ma_store_release(store, head);
    ma_store_release(store, middle);
    ma_store_release(store, tail);
}

static void nor_on_who_is_waiting(void **state)
{
    struct ma_entry *e[16];
    (void)state;
    say_steps(&fake, 15);
    for (unsigned first = 0; first < 16; first++) {
        fake.late = true;
        for (unsigned k = 0; k < 16; k++) {
            char name[16];
            unsigned i = (first + 7 * k) % 16;
            snprintf(name, sizeof name, "n%u.test", i);
            e[i] = fake_ask(store, name, MA_A);
            if (k % 3 == 2)
                fake_settle(&fake, fake.pending_count / 2);
        }
        fake_settle_all(&fake);
        for (unsigned i = 0; i < 16; i++) {
            assert_int_equal(ma_entry_answer(e[i])->status, i < 5 ? MA_FAILED : MA_OK);
            ma_store_release(store, e[i]);
        }
        ma_store_shrink(store);
        assert_int_equal(ma_store_counts(store).entries, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(aliases_are_followed_and_kept),
        CASE(aliases_may_lead_to_nothing),
        CASE(loops_of_aliases_end),
        CASE(long_chains_are_cut),
        CASE(chains_go_on_where_they_lead),
        CASE(chains_go_from_source_to_source),
        CASE(what_aliases_lead_to_may_fail),
        CASE(loops_over_several_answers_end),
        CASE(a_chain_too_long_harms_only_its_head),
        CASE(a_name_asked_for_on_its_own_starts_anew),
        CASE(nor_on_who_is_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
