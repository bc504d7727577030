/* SPDX-License-Identifier: MIT */
/* The store and the answers in it, over a source that says what the test wants. */
#include "unit.h"

#include "fake.h"

#include <time.h>

#define CACHE_BYTES (1024 * 1024)

static int64_t now_secs; /* the store's clock */

/* Stands before the C library's. */
int clock_gettime(clockid_t clock, struct timespec *t)
{
    (void)clock;
    *t = (struct timespec){.tv_sec = now_secs};
    return 0;
}

static struct fake fake, second;
static struct ma_store *store;

static int setup(void **state)
{
    (void)state;
    memset(&fake, 0, sizeof fake);
    memset(&second, 0, sizeof second);
    now_secs = 1000;
    struct ma_source sources[] = {fake_source(&fake), fake_source(&second)};
    store = ma_store_new(sources, 2, CACHE_BYTES);
    return store == NULL;
}

static int teardown(void **state)
{
    (void)state;
    ma_store_free(store);
    return !fake.closed || !second.closed;
}

/* The answer of a source that answers at once; it stays in the store for a while. */
static const struct ma_answer *answer(const char *name, enum ma_rrtype type)
{
    struct ma_entry *e = fake_ask(store, name, type);
    const struct ma_answer *a = ma_entry_answer(e);
    assert_int_not_equal(a->status, MA_PENDING);
    ma_store_release(store, e);
    return a;
}

static void failed(const char *name, enum ma_rrtype type, enum ma_failure failure)
{
    const struct ma_answer *a = answer(name, type);
    assert_int_equal(a->status, MA_FAILED);
    assert_int_equal(a->failure, failure);
    assert_int_equal(a->rr_count, 0);
    assert_int_equal(a->chain_count, 0);
    assert_non_null(a->detail);
}

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

/* ---- aliases --------------------------------------------------------------------------------- */

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

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

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
        CASE(too_many_records_are_too_large),
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
