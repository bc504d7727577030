/* SPDX-License-Identifier: MIT */
/* What a target turns out to be: its role, and the addresses that it sends from. */
#include "unit.h"

#include "audit.h"
#include "fake.h"

static struct fake fake;
static struct ma_store *store;
static struct ma_registry registry;
static struct ma_engine engine;
static struct ma_audit *audit;
static struct ma_spec spec;
static const char *given[4];

static void look(struct ma_run *run)
{
    ma_role(run);
    ma_senders(run);
}

static const struct ma_check check = {.name = "x", .area = "x", .title = "X", .run = look};

static int setup(void **state)
{
    const char *why;
    (void)state;
    memset(&fake, 0, sizeof fake);
    memset(&registry, 0, sizeof registry);
    ma_arena_init(&registry.arena, 1024, UNIT_ARENA_BYTES);
    registry.checks[0] = (struct ma_registered){
        .check = &check, .empty = ma_data_template(&registry.arena, "{}", &why), .enabled = true};
    registry.count = 1;
    struct ma_source source = fake_source(&fake);
    store = ma_store_new(&source, 1, 0);
    ma_engine_init(&engine, &registry, store);
    spec = (struct ma_spec){
        .domain = "e.test", .unicode = "e.test", .addresses = given, .audited_at = -1};
    return store == NULL;
}

static int teardown(void **state)
{
    (void)state;
    ma_audit_free(audit);
    audit = NULL;
    ma_store_free(store);
    ma_arena_clear(&registry.arena);
    return 0;
}

static void on_done(struct ma_audit *a, void *context)
{
    (void)a;
    (void)context;
}

/* Every question late, the last one answered first. */
static const struct ma_report *target(void)
{
    ma_audit_free(audit);
    fake.late = true;
    audit = ma_audit_start(&engine, &spec, on_done, NULL);
    ma_engine_work(&engine);
    while (fake.pending_count > 0) {
        fake_settle(&fake, fake.pending_count - 1);
        ma_engine_work(&engine);
    }
    return ma_audit_report(audit);
}

/* ---- role ------------------------------------------------------------------------------------ */

static const char mx_one[] = "e.test 60 IN MX 10 m.e.test.";
static const char mx_null[] = "e.test 60 IN MX 0 .";

static void roles_are_inferred(void **state)
{
    static const struct {
        const char *mx, *txt;
        enum ma_role role;
    } rows[] = {
        {mx_one, "e.test 60 IN TXT \"v=spf1 mx -all\"", MA_SENDS_AND_RECEIVES},
        {mx_one, NULL, MA_SENDS_AND_RECEIVES},
        {mx_one, "e.test 60 IN TXT \"v=spf1 -all\"", MA_RECEIVES_ONLY},
        {mx_one, "e.test 60 IN TXT \"V=SPF1  -ALL \"", MA_RECEIVES_ONLY},
        {mx_one, "e.test 60 IN TXT \"v=spf1 \" \"-all\"", MA_RECEIVES_ONLY},
        {mx_one, "e.test 60 IN TXT x\ne.test 60 IN TXT \"v=spf1 -all\"", MA_RECEIVES_ONLY},
        {mx_one, "e.test 60 IN TXT \"v=spf1\"", MA_SENDS_AND_RECEIVES},
        {mx_one, "e.test 60 IN TXT \"v=spf1 ~all\"", MA_SENDS_AND_RECEIVES},
        {mx_one, "e.test 60 IN TXT \"v=spf1 -all exp=x.test\"", MA_SENDS_AND_RECEIVES},
        {mx_one, "e.test 60 IN TXT \"v=spf10 -all\"", MA_SENDS_AND_RECEIVES},
        {mx_one, "e.test 60 IN TXT \"v=spf1 -all\\000\"", MA_SENDS_AND_RECEIVES},
        {mx_null, "e.test 60 IN TXT \"v=spf1 mx -all\"", MA_SENDS_ONLY},
        {mx_null, NULL, MA_SENDS_ONLY},
        {mx_null, "e.test 60 IN TXT \"v=spf1 -all\"", MA_PARKED},
        {"e.test 60 IN MX 0 .\ne.test 60 IN MX 5 m.e.test.", NULL, MA_SENDS_AND_RECEIVES},
        {NULL, NULL, MA_SENDS_AND_RECEIVES},
        {NULL, "e.test 60 IN TXT \"v=spf1 -all\"", MA_PARKED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fake_nothing(&fake, "e.test", MA_MX, MA_NODATA, 60);
        fake_nothing(&fake, "e.test", MA_TXT, MA_NODATA, 60);
        if (rows[i].mx != NULL)
            fake_ok(&fake, "e.test", MA_MX, rows[i].mx);
        if (rows[i].txt != NULL)
            fake_ok(&fake, "e.test", MA_TXT, rows[i].txt);
        const struct ma_report *r = target();
        assert_false(r->role_given);
        if (r->role != rows[i].role)
            fail_msg("row %zu: %s", i, ma_role_name(r->role));
    }
}

/* What is not known makes no domain a parked one, and no sender of one that may be parked. */
static void failures_infer_nothing(void **state)
{
    (void)state;
    fake_fail(&fake, "e.test", MA_MX, MA_FAIL_TIMEOUT, NULL);
    fake_fail(&fake, "e.test", MA_TXT, MA_FAIL_SERVFAIL, NULL);
    assert_int_equal(target()->role, MA_SENDS_AND_RECEIVES);
    fake_ok(&fake, "e.test", MA_TXT, "e.test 60 IN TXT \"v=spf1 -all\"");
    assert_int_equal(target()->role, MA_RECEIVES_ONLY);
    fake_fail(&fake, "e.test", MA_TXT, MA_FAIL_SERVFAIL, NULL);
    fake_ok(&fake, "e.test", MA_MX, mx_one);
    assert_int_equal(target()->role, MA_SENDS_AND_RECEIVES);
    fake_ok(&fake, "e.test", MA_MX, mx_null);
    assert_int_equal(target()->role, MA_PARKED);
}

static void a_role_that_is_given_stays(void **state)
{
    (void)state;
    spec.role_given = true;
    spec.role = MA_PARKED;
    given[0] = "192.0.2.1";
    spec.address_count = 1;
    const struct ma_report *r = target();
    assert_true(r->role_given);
    assert_int_equal(r->role, MA_PARKED);
    assert_int_equal(fake.asked, 0);
}

/* ---- sender addresses ------------------------------------------------------------------------ */

static void addresses_are_sorted_and_there_once(void **state)
{
    (void)state;
    given[0] = "2001:db8::1";
    given[1] = "192.0.2.9";
    given[2] = "192.0.2.1";
    given[3] = "192.0.2.9";
    spec.address_count = 4;
    const struct ma_senders *s = target()->senders;
    assert_int_equal(s->count, 3);
    assert_string_equal(s->list[0].text, "192.0.2.1");
    assert_string_equal(s->list[1].text, "192.0.2.9");
    assert_string_equal(s->list[2].text, "2001:db8::1");
    assert_null(s->list[0].host);
    assert_false(s->from_mx);
    assert_null(s->failed);
}

static void host_names_are_resolved(void **state)
{
    (void)state;
    given[0] = "mail.test";
    given[1] = "none.test";
    given[2] = "nodata.test";
    spec.address_count = 3;
    fake_ok(&fake, "mail.test", MA_A, "mail.test 60 IN A 192.0.2.2\nmail.test 60 IN A 192.0.2.1");
    fake_ok(&fake, "mail.test", MA_AAAA, "mail.test 60 IN AAAA 2001:db8::1");
    fake_nothing(&fake, "nodata.test", MA_A, MA_NODATA, 60);
    fake_nothing(&fake, "nodata.test", MA_AAAA, MA_NODATA, 60);
    const struct ma_senders *s = target()->senders;
    assert_int_equal(s->count, 3);
    assert_string_equal(s->list[0].text, "192.0.2.1");
    assert_string_equal(s->list[0].host, "mail.test");
    assert_int_equal(s->empty_count, 2);
    assert_string_equal(s->empty_hosts[0], "none.test");
    assert_null(s->failed);
}

/* A host of which one half is not known has no address that we saw; it is not without one. */
static void a_host_that_failed_is_not_empty(void **state)
{
    (void)state;
    given[0] = "mail.test";
    spec.address_count = 1;
    fake_nothing(&fake, "mail.test", MA_A, MA_NODATA, 60);
    fake_fail(&fake, "mail.test", MA_AAAA, MA_FAIL_TIMEOUT, NULL);
    const struct ma_senders *s = target()->senders;
    assert_int_equal(s->count, 0);
    assert_int_equal(s->empty_count, 0);
    assert_int_equal(s->failed->failure, MA_FAIL_TIMEOUT);
    fake_ok(&fake, "mail.test", MA_A, "mail.test 60 IN A 192.0.2.2");
    s = target()->senders;
    assert_int_equal(s->count, 1);
    assert_int_equal(s->failed->type, MA_AAAA);
}

static void exchangers_stand_in_for_addresses(void **state)
{
    (void)state;
    fake_ok(&fake, "e.test", MA_MX,
        "e.test 60 IN MX 10 m1.test.\ne.test 60 IN MX 5 m2.test.\ne.test 60 IN MX 7 localhost.\n"
        "e.test 60 IN MX 8 192.0.2.77.\ne.test 60 IN MX 9 .");
    fake_ok(&fake, "m1.test", MA_A, "m1.test 60 IN A 192.0.2.2");
    fake_ok(&fake, "m2.test", MA_A, "m2.test 60 IN A 192.0.2.1");
    const struct ma_senders *s = target()->senders;
    assert_true(s->from_mx);
    assert_int_equal(s->count, 2);
    assert_string_equal(s->list[0].host, "m2.test");
    assert_int_equal(s->empty_count, 0);
    assert_int_equal(fake.asked, 2 + 4); /* and nothing for the names that can have no address */
}

static void without_exchangers_the_domain_does(void **state)
{
    (void)state;
    fake_nothing(&fake, "e.test", MA_MX, MA_NODATA, 60);
    fake_ok(&fake, "e.test", MA_A, "e.test 60 IN A 192.0.2.1");
    assert_string_equal(target()->senders->list[0].host, "e.test");
    fake_ok(&fake, "e.test", MA_MX, mx_null);
    assert_int_equal(target()->senders->count, 0);
    assert_null(ma_audit_report(audit)->senders->failed);
    fake_nothing(&fake, "e.test", MA_MX, MA_NXDOMAIN, 60);
    assert_int_equal(target()->senders->count, 0);
    fake_fail(&fake, "e.test", MA_MX, MA_FAIL_REFUSED, NULL);
    assert_int_equal(target()->senders->count, 0); /* no implicit MX: it is not known */
    assert_int_equal(ma_audit_report(audit)->senders->failed->failure, MA_FAIL_REFUSED);
}

static void there_is_a_limit(void **state)
{
    static char names[100][16], records[100][64], mx[100 * 40];
    size_t at = 0;
    (void)state;
    for (unsigned i = 0; i < 70; i++) {
        snprintf(names[i], sizeof names[i], "m%02u.test", i);
        snprintf(records[i], sizeof records[i], "m%02u.test 60 IN A 198.51.100.%u", i, i);
        fake_ok(&fake, names[i], MA_A, records[i]);
        if (i < 60)
            at += (size_t)snprintf(mx + at, sizeof mx - at, "e.test 60 IN MX 1 %s.\n", names[i]);
    }
    fake_ok(&fake, "e.test", MA_MX, mx);
    assert_int_equal(target()->senders->count, 60);
    assert_int_equal(ma_audit_report(audit)->senders->left_out, 0);
    static const char *hosts[70];
    for (unsigned i = 0; i < 70; i++)
        hosts[i] = names[i];
    spec.addresses = hosts;
    spec.address_count = 70;
    assert_int_equal(target()->senders->count, MA_SENDERS_MAX);
    assert_int_equal(ma_audit_report(audit)->senders->left_out, 6);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(roles_are_inferred),
        CASE(failures_infer_nothing),
        CASE(a_role_that_is_given_stays),
        CASE(addresses_are_sorted_and_there_once),
        CASE(host_names_are_resolved),
        CASE(a_host_that_failed_is_not_empty),
        CASE(exchangers_stand_in_for_addresses),
        CASE(without_exchangers_the_domain_does),
        CASE(there_is_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
