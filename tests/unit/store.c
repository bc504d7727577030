/* SPDX-License-Identifier: MIT */
/* The store and the answers in it, over a source that says what the test wants. */
#include "store_world.h"

/* One who waits. */
struct watcher {
    struct ma_waiter waiter;
    unsigned woken;
};

static void on_wake(struct ma_waiter *w)
{
    ((struct watcher *)w)->woken++;
}

/* ---- answers --------------------------------------------------------------------------------- */

static void records_are_parsed(void **state)
{
    (void)state;
    fake_ok(&fake, "a.test", MA_A, "A.test 60 IN A 192.0.2.1");
    fake_ok(&fake, "a.test", MA_AAAA, "a.test 60 IN AAAA 2001:db8::1");
    fake_ok(&fake, "a.test", MA_MX, "a.test 60 IN MX 10 MAIL.a.test.");
    fake_ok(&fake, "a.test", MA_NS, "a.test 60 IN NS NS.a.test.");
    fake_ok(&fake, "a.test", MA_SOA, "a.test 60 IN SOA ns.a.test. Me.a.test. 1 2 3 4 5");
    const struct ma_answer *a = answer("a.test", MA_A);
    assert_int_equal(a->status, MA_OK);
    assert_string_equal(a->rrs[0].owner, "a.test");
    assert_memory_equal(a->rrs[0].address.bytes, "\300\0\2\1", 4);
    assert_int_equal(a->ttl_secs, 60);
    assert_int_equal(a->size_bytes, 12 + 8 + 4 + 12 + 4);
    assert_int_equal(answer("a.test", MA_AAAA)->rrs[0].address.family, 6);
    assert_string_equal(answer("a.test", MA_MX)->rrs[0].mx.exchange, "mail.a.test");
    assert_string_equal(answer("a.test", MA_NS)->rrs[0].name, "ns.a.test");
    assert_memory_equal(answer("a.test", MA_NS)->rrs[0].rdata, "\2ns\1a\4test", 11);
    a = answer("a.test", MA_SOA);
    assert_string_equal(a->rrs[0].soa.mailbox, "me.a.test");
    assert_int_equal(a->rrs[0].soa.minimum_secs, 5);
}

static void text_keeps_its_bytes(void **state)
{
    (void)state;
    fake_ok(&fake, "t.test", MA_TXT, "t.test 60 IN TXT \"a\\000b\" \"\" \"Cc\"");
    const struct ma_rr *rr = answer("t.test", MA_TXT)->rrs;
    assert_int_equal(rr->txt.size, 5);
    assert_memory_equal(rr->txt.bytes, "a\0bCc", 6);
    assert_int_equal(rr->txt.string_count, 3);
    assert_memory_equal(rr->txt.string_sizes, "\3\0\2", 3);
}

static void rrsets_are_sorted_and_hold_nothing_twice(void **state)
{
    (void)state;
    fake_ok(&fake, "m.test", MA_MX,
        "m.test 60 IN MX 20 a.test.\nm.test 30 IN MX 10 b.test.\nm.test 60 IN MX 10 B.test.\n"
        "m.test 60 IN MX 10 a.test.\nm.test 60 IN A 192.0.2.1\nm.test 60 CH MX 5 z.test.");
    const struct ma_answer *a = answer("m.test", MA_MX);
    assert_int_equal(a->rr_count, 3);
    assert_string_equal(a->rrs[0].mx.exchange, "a.test");
    assert_string_equal(a->rrs[1].mx.exchange, "b.test");
    assert_int_equal(a->rrs[1].ttl_secs, 30);
    assert_int_equal(a->rrs[2].mx.preference, 20);
    assert_int_equal(a->ttl_secs, 30);
}

static void absence_is_told_apart(void **state)
{
    (void)state;
    fake_nothing(&fake, "none.test", MA_TXT, MA_NODATA, 77);
    assert_int_equal(answer("none.test", MA_TXT)->status, MA_NODATA);
    assert_int_equal(answer("none.test", MA_TXT)->ttl_secs, 77);
    assert_int_equal(answer("nowhere.test", MA_TXT)->status, MA_NXDOMAIN);
    fake_fail(&fake, "bad.test", MA_TXT, MA_FAIL_SERVFAIL, "why");
    failed("bad.test", MA_TXT, MA_FAIL_SERVFAIL);
    assert_string_equal(answer("bad.test", MA_TXT)->detail, "why");
}

/* Records that do not answer the question are neither an answer nor an absence. */
static void other_peoples_records_prove_nothing(void **state)
{
    struct ma_reply contradiction = {.status = MA_NXDOMAIN};
    (void)state;
    fake_ok(&fake, "q.test", MA_A, "other.test 60 IN A 192.0.2.1");
    failed("q.test", MA_A, MA_FAIL_MALFORMED);
    fake_ok(&fake, "q.test", MA_MX, "q.test 60 IN A 192.0.2.1");
    failed("q.test", MA_MX, MA_FAIL_MALFORMED);
    fake_ok(&fake, "q.test", MA_AAAA, "other.test 60 IN CNAME q.test.");
    failed("q.test", MA_AAAA, MA_FAIL_MALFORMED);
    fake_ok(&fake, "n.test", MA_A, "n.test 60 IN A 192.0.2.1");
    fake.lines[fake.line_count - 1].reply = contradiction;
    failed("n.test", MA_A, MA_FAIL_MALFORMED);
    fake_ok(&fake, "c.test", MA_TXT, "c.test 60 CH TXT \"x\"");
    failed("c.test", MA_TXT, MA_FAIL_MALFORMED);
}

/* ldns lets records through whose RDATA is empty or cut off. */
static void empty_rdata_is_malformed(void **state)
{
    static const enum ma_rrtype types[] = {
        MA_A, MA_AAAA, MA_NS, MA_CNAME, MA_PTR, MA_MX, MA_SOA, MA_DNAME};
    (void)state;
    fake.late = true;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct ma_entry *e = fake_ask(store, "e.test", types[i]);
        ldns_rr *rr = ldns_rr_new();
        ldns_rr_set_owner(rr, ldns_dname_new_frm_str("e.test"));
        ldns_rr_set_type(rr, (ldns_rr_type)types[i]);
        ldns_rr_set_class(rr, LDNS_RR_CLASS_IN);
        struct ma_reply reply = {.status = MA_OK, .rrs = &rr, .rr_count = 1};
        fake.pending_count = 0;
        ma_store_settle(store, e, &reply);
        assert_int_equal(ma_entry_answer(e)->failure, MA_FAIL_MALFORMED);
        ma_store_release(store, e);
        ldns_rr_free(rr);
    }
}

static void ttls_over_31_bits_are_zero(void **state)
{
    (void)state;
    fake_ok(&fake, "x.test", MA_A, "x.test 2147483648 IN A 192.0.2.1");
    assert_int_equal(answer("x.test", MA_A)->ttl_secs, 0);
}

static void hold_for(const char *name, uint16_t secs)
{
    uint8_t wire[MA_NAME_WIRE_MAX];
    struct ma_question q = fake_question(wire, name, MA_A);
    q.least_ttl_secs = secs;
    struct ma_entry *e = ma_store_get(store, &q);
    assert_non_null(e);
    ma_store_release(store, e);
}

/* Also one that is not there; but a failure is looked at again soon. */
static void an_answer_holds_as_long_as_was_asked(void **state)
{
    (void)state;
    fake_ok(&fake, "x.test", MA_A, "x.test 0 IN A 192.0.2.1");
    fake_fail(&fake, "failed.test", MA_A, MA_FAIL_TIMEOUT, NULL);
    for (unsigned i = 0; i < 3; i++, now_secs += 33) {
        hold_for("x.test", 100);
        hold_for("none.test", 100);
        hold_for("failed.test", 100);
    }
    assert_int_equal(fake.asked, 2 + 3);
    assert_int_equal(answer("x.test", MA_A)->ttl_secs, 0);
    now_secs += 2;
    hold_for("x.test", 100);
    assert_int_equal(fake.asked, 2 + 3 + 1);
}

static void too_many_records_are_too_large(void **state)
{
    (void)state;
    static ldns_rr *rrs[4001];
    ldns_rr *rr;
    ldns_rr_new_frm_str(&rr, "big.test 60 IN A 192.0.2.1", 60, NULL, NULL);
    for (size_t i = 0; i < 4001; i++)
        rrs[i] = rr;
    fake.late = true;
    struct ma_entry *e = fake_ask(store, "big.test", MA_A);
    struct ma_reply reply = {.status = MA_OK, .rrs = rrs, .rr_count = 4001};
    fake.pending_count = 0;
    ma_store_settle(store, e, &reply);
    assert_int_equal(ma_entry_answer(e)->failure, MA_FAIL_TOO_LARGE);
    ma_store_release(store, e);
    ldns_rr_free(rr);
}

/* ---- sharing --------------------------------------------------------------------------------- */

static void equal_questions_are_asked_once(void **state)
{
    struct watcher w[3] = {{{NULL, on_wake}, 0}, {{NULL, on_wake}, 0}, {{NULL, on_wake}, 0}};
    (void)state;
    fake.late = true;
    fake_ok(&fake, "a.test", MA_A, "a.test 60 IN A 192.0.2.1");
    struct ma_entry *one = fake_ask(store, "a.test", MA_A), *two = fake_ask(store, "A.test.", MA_A);
    struct ma_entry *other = fake_ask(store, "a.test", MA_TXT);
    assert_ptr_equal(one, two);
    assert_ptr_not_equal(one, other);
    assert_int_equal(fake.asked, 2);
    for (int i = 0; i < 3; i++)
        ma_entry_wait(one, &w[i].waiter);
    ma_entry_withdraw(one, &w[2].waiter);
    ma_entry_withdraw(one, &w[2].waiter);
    fake_settle(&fake, 0);
    assert_int_equal(w[0].woken + w[1].woken, 2);
    assert_int_equal(w[2].woken, 0);
    assert_int_equal(ma_entry_answer(one)->status, MA_OK);
    ma_store_release(store, one);
    ma_store_release(store, two);
    ma_store_release(store, other);
    assert_int_equal(ma_store_counts(store).hits, 1);
}

static void waiters_may_withdraw_in_any_order(void **state)
{
    (void)state;
    fake.late = true;
    for (unsigned out = 0; out < 8; out++) {
        struct watcher w[3] = {{{NULL, on_wake}, 0}, {{NULL, on_wake}, 0}, {{NULL, on_wake}, 0}};
        struct watcher late = {{NULL, on_wake}, 0};
        struct ma_entry *e = fake_ask(store, "a.test", MA_A);
        for (unsigned i = 0; i < 3; i++)
            ma_entry_wait(e, &w[i].waiter);
        for (unsigned i = 0; i < 3; i++)
            if (out >> i & 1)
                ma_entry_withdraw(e, &w[i].waiter);
        ma_entry_wait(e, &late.waiter);
        fake_settle_all(&fake);
        for (unsigned i = 0; i < 3; i++)
            assert_int_equal(w[i].woken, out >> i & 1 ? 0 : 1);
        assert_int_equal(late.woken, 1);
        ma_store_release(store, e);
        ma_store_shrink(store);
    }
}

static void how_a_question_is_asked_counts(void **state)
{
    uint8_t wire[MA_NAME_WIRE_MAX];
    struct ma_question q = fake_question(wire, "a.test", MA_A), v = q, r = q, s = q, p;
    (void)state;
    v.validate = true;
    r.recursive = true;
    ma_address_parse(&s.server, "192.0.2.1");
    p = s;
    p.port = 53;
    struct ma_question *all[] = {&q, &v, &r, &s, &p};
    struct ma_entry *e[5];
    for (int i = 0; i < 5; i++) {
        ma_question_seal(all[i]);
        e[i] = ma_store_get(store, all[i]);
        for (int k = 0; k < i; k++)
            assert_ptr_not_equal(e[i], e[k]);
    }
    for (int i = 0; i < 5; i++)
        ma_store_release(store, e[i]);
}

/* Nobody takes it: that is no "not asked", and no absence. */
static void what_no_source_takes_fails(void **state)
{
    (void)state;
    fake.unwilling = second.unwilling = true;
    failed("a.test", MA_A, MA_FAIL_NETWORK);
}

/* ---- time and space -------------------------------------------------------------------------- */

static void answers_expire(void **state)
{
    (void)state;
    fake_ok(&fake, "a.test", MA_A, "a.test 60 IN A 192.0.2.1");
    fake_ok(&fake, "b.test", MA_A, "b.test 86400 IN A 192.0.2.1");
    fake_fail(&fake, "f.test", MA_A, MA_FAIL_TIMEOUT, NULL);
    answer("a.test", MA_A);
    answer("b.test", MA_A);
    answer("f.test", MA_A);
    now_secs += 4;
    answer("f.test", MA_A);
    assert_int_equal(fake.asked, 3);
    now_secs += 1; /* failures are held for five seconds */
    answer("f.test", MA_A);
    assert_int_equal(fake.asked, 4);
    now_secs += 54;
    answer("a.test", MA_A);
    assert_int_equal(fake.asked, 4);
    now_secs += 1;
    answer("a.test", MA_A);
    assert_int_equal(fake.asked, 5);
    now_secs += 3539; /* nothing is held for more than an hour */
    answer("b.test", MA_A);
    assert_int_equal(fake.asked, 5);
    now_secs += 1;
    answer("b.test", MA_A);
    assert_int_equal(fake.asked, 6);
}

/* Whoever holds an answer keeps it; a new question is asked anew. */
static void expired_answers_serve_their_holders(void **state)
{
    (void)state;
    fake_ok(&fake, "a.test", MA_A, "a.test 60 IN A 192.0.2.1");
    struct ma_entry *held = fake_ask(store, "a.test", MA_A);
    now_secs += 61;
    fake_ok(&fake, "a.test", MA_A, "a.test 60 IN A 192.0.2.2");
    struct ma_entry *fresh = fake_ask(store, "a.test", MA_A);
    assert_ptr_not_equal(held, fresh);
    assert_int_equal(ma_entry_answer(held)->rrs[0].address.bytes[3], 1);
    assert_int_equal(ma_entry_answer(fresh)->rrs[0].address.bytes[3], 2);
    assert_int_equal(ma_store_counts(store).entries, 2);
    ma_store_release(store, held);
    assert_int_equal(ma_store_counts(store).entries, 1);
    ma_store_release(store, fresh);
    assert_int_equal(ma_store_counts(store).entries, 1);
}

/* A question that everybody has turned from is answered in the end, and kept for the next. */
static void questions_outlive_who_asked(void **state)
{
    (void)state;
    fake.late = true;
    fake_ok(&fake, "a.test", MA_A, "a.test 60 IN A 192.0.2.1");
    ma_store_release(store, fake_ask(store, "a.test", MA_A));
    ma_store_release(store, fake_ask(store, "a.test", MA_A));
    assert_int_equal(ma_store_counts(store).entries, 1);
    fake_settle_all(&fake);
    assert_int_equal(answer("a.test", MA_A)->status, MA_OK);
    assert_int_equal(fake.asked, 1);
}

static void what_an_answer_points_into_stays(void **state)
{
    (void)state;
    fake_chase(&fake, "a.test", MA_A, "a.test 600 IN CNAME b.test.");
    fake_ok(&fake, "b.test", MA_A, "b.test 1 IN A 192.0.2.1");
    struct ma_entry *a = fake_ask(store, "a.test", MA_A);
    now_secs += 2;
    ma_store_release(store, fake_ask(store, "b.test", MA_A)); /* the old b leaves the table */
    ma_store_shrink(store);
    assert_int_equal(ma_entry_answer(a)->rrs[0].address.bytes[3], 1);
    ma_store_release(store, a);
    ma_store_shrink(store);
    assert_int_equal(ma_store_counts(store).entries, 0);
}

static void the_oldest_leave_first(void **state)
{
    static char names[3000][24];
    (void)state;
    for (unsigned i = 0; i < 3000; i++)
        snprintf(names[i], sizeof names[i], "name-%u.test", i);
    for (unsigned i = 0; i < 3000; i++) {
        answer(names[i], MA_A);
        answer(names[0], MA_A); /* used all the time: it stays */
    }
    assert_true(ma_store_counts(store).entries < 3000);
    assert_true(ma_store_counts(store).cached_bytes <= CACHE_BYTES);
    assert_int_equal(fake.asked, 3000);
    answer(names[2999], MA_A);
    answer(names[0], MA_A);
    assert_int_equal(fake.asked, 3000);
    answer(names[1], MA_A);
    assert_int_equal(fake.asked, 3001);
    ma_store_shrink(store);
    assert_int_equal(ma_store_counts(store).entries, 0);
    assert_int_equal(ma_store_counts(store).cached_bytes, 0);
}

static void nothing_is_kept_without_room(void **state)
{
    (void)state;
    struct fake *f = &fake;
    struct ma_source source = fake_source(f);
    struct ma_store *s = ma_store_new(&source, 1, 0);
    for (int i = 0; i < 3; i++)
        ma_store_release(s, fake_ask(s, "a.test", MA_A));
    assert_int_equal(f->asked, 3);
    assert_int_equal(ma_store_counts(s).entries, 0);
    ma_store_free(s);
    ma_store_free(NULL);
}

/* The source settles what is open when it closes: nobody is left waiting, nothing leaks. */
static void closing_settles_all(void **state)
{
    struct fake *f = calloc(1, sizeof *f);
    struct watcher w = {{NULL, on_wake}, 0};
    (void)state;
    assert_non_null(f);
    f->late = true;
    struct ma_source source = fake_source(f);
    struct ma_store *s = ma_store_new(&source, 1, CACHE_BYTES);
    fake_chase(f, "a.test", MA_A, "a.test 60 IN CNAME b.test.");
    struct ma_entry *e = fake_ask(s, "a.test", MA_A);
    ma_entry_wait(e, &w.waiter);
    fake_settle(f, 0); /* now it waits for b.test */
    assert_int_equal(w.woken, 0);
    ma_entry_withdraw(e, &w.waiter);
    ma_store_release(s, e);
    ma_store_free(s);
    assert_int_equal(w.woken, 0);
    free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(records_are_parsed),
        CASE(text_keeps_its_bytes),
        CASE(rrsets_are_sorted_and_hold_nothing_twice),
        CASE(absence_is_told_apart),
        CASE(other_peoples_records_prove_nothing),
        CASE(empty_rdata_is_malformed),
        CASE(ttls_over_31_bits_are_zero),
        CASE(an_answer_holds_as_long_as_was_asked),
        CASE(too_many_records_are_too_large),
        CASE(equal_questions_are_asked_once),
        CASE(waiters_may_withdraw_in_any_order),
        CASE(how_a_question_is_asked_counts),
        CASE(what_no_source_takes_fails),
        CASE(answers_expire),
        CASE(expired_answers_serve_their_holders),
        CASE(questions_outlive_who_asked),
        CASE(what_an_answer_points_into_stays),
        CASE(the_oldest_leave_first),
        CASE(nothing_is_kept_without_room),
        CASE(closing_settles_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
