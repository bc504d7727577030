/* SPDX-License-Identifier: MIT */
/* The header fields that tell how a message came: addresses, dates, Received, results of others. */
#include "message/facts.h"
#include "message/maildate.h"
#include "unit_arena.h"

static const struct ma_mail_facts *facts_of(const char *text)
{
    struct ma_mail *m = ma_arena_alloc(&arena, sizeof *m);
    ma_mail_read(m, &arena, text, strlen(text));
    assert_int_equal(m->fault, MA_MAIL_GOOD);
    const struct ma_mail_facts *f = ma_mail_facts_read(&arena, m);
    assert_non_null(f);
    return f;
}

static const char *shown(const char *text)
{
    return text != NULL ? text : "-";
}

/* ---- addresses ------------------------------------------------------------------------------- */

static const char *addresses(const char *value)
{
    const struct ma_mail_facts *f = facts_of(ma_arena_printf(&arena, "From: %s\n\n", value));
    const char *out = f->authors.bad ? "bad" : "";
    for (size_t i = 0; i < f->authors.count; i++)
        out = ma_arena_printf(
            &arena, "%s<%s>%s", out, f->authors.list[i].address, f->authors.list[i].domain);
    return out;
}

static void addresses_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *value, *due;
    } cases[] = {
        {"a@b.example", "<a@b.example>b.example"},
        {"A <a@B.Example>", "<a@B.Example>b.example"},
        {"\"B, C\" <a@b.example>", "<a@b.example>b.example"},
        {"a@b.example (the <other@c.example>)", "<a@b.example>b.example"},
        {"a@b.example, c@d.example", "<a@b.example>b.example<c@d.example>d.example"},
        {"Staff: a@b.example, c@d.example;", "<a@b.example>b.example<c@d.example>d.example"},
        {"<@relay.example:a@b.example>", "<a@b.example>b.example"},
        {"\"a@x\"@b.example", "<\"a@x\"@b.example>b.example"},
        {"a@[192.0.2.1]", "<a@[192.0.2.1]>[192.0.2.1]"},
        {"A.\n B <a@b.example>", "<a@b.example>b.example"},
        {"<>", "<>"},
        {"undisclosed:;", "bad"},
        {"A B", "bad"},
        {"a b@c.example", "bad"},
        {"a@", "bad"},
        {"@b.example", "bad"},
        {"a@b.example <c@d.example>", "<c@d.example>d.example"},
        {"<a@b.example> c@d.example", "bad<a@b.example>b.example"},
        {"<<a@b.example>>", "bad"},
        {"\"", "bad"},
        {"(", ""},
        {"", ""},
        {",,", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(addresses(cases[i].value), cases[i].due);
}

static void too_many_addresses_are_left_out(void **state)
{
    (void)state;
    const char *list = "a@b.example";
    for (int i = 0; i < 20; i++)
        list = ma_arena_printf(&arena, "%s, a@b.example", list);
    const struct ma_mail_facts *f = facts_of(ma_arena_printf(&arena, "From: %s\n\n", list));
    assert_int_equal(f->authors.count, MA_MAILBOXES_MAX);
    assert_int_equal(f->authors.left_out, 5);
    char *text = ma_arena_alloc(&arena, 2000);
    memset(text, 'a', 1200);
    memcpy(text + 1200, "@b.example", 11);
    assert_string_equal(addresses(text), "bad");
}

/* ---- dates ----------------------------------------------------------------------------------- */

static long long date(const char *text)
{
    return (long long)ma_mail_date(text, (struct ma_span){0, strlen(text)});
}

static void dates_are_read(void **state)
{
    (void)state;
    assert_int_equal(date("Sun, 01 Jun 2025 00:00:00 +0000"), 1748736000);
    assert_int_equal(date("1 Jun 2025 02:00 +0200 (CEST)"), 1748736000);
    assert_int_equal(date("Sat, 31 May 2025 17:00:00 -0700"), 1748736000);
    assert_int_equal(date("Sat, 31 May 2025 19:00:00 EST"), 1748736000);
    assert_int_equal(date(" Sun, 1 Jun 2025 00:00:00 GMT\r\n"), 1748736000);
    assert_int_equal(date("1 jan 1970 00:00:00 +0000"), 0);
    assert_int_equal(date("29 Feb 2024 00:00:00 +0000"), 1709164800);
    static const char *const bad[] = {"", ",", "1", "1 Jun 2025", "1 Jun 25 00:00 +0000",
        "x Jun 2025 00:00", "32 Jun 2025 00:00", "1 June 2025 00:00", "1 Jun 2025 24:00",
        "1 Jun 2025 00", "1 Jun 2025 00:00:00:00", "1 Jun 1969 00:00", "1 Jan 1970 00:00 +0100",
        "1 Jun 99999 00:00", "1 Jun 2025 :"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(date(bad[i]), -1);
}

/* ---- Received -------------------------------------------------------------------------------- */

static const char *hop(const char *value)
{
    const struct ma_mail_facts *f = facts_of(ma_arena_printf(&arena, "Received: %s\n\n", value));
    const struct ma_received *r = &f->received.list[0];
    const uint8_t *a = r->address.bytes;
    const char *address = "-";
    if (r->has_address && r->address.family == 4)
        address = ma_arena_printf(&arena, "%u.%u.%u.%u", a[0], a[1], a[2], a[3]);
    else if (r->has_address)
        address = ma_arena_printf(&arena, "%02x%02x::%02x", a[0], a[1], a[15]);
    return ma_arena_printf(&arena, "%s %s %s %s %s %d", shown(r->helo), address, shown(r->by),
        shown(r->with), shown(r->envelope_from), r->at_secs == 1748736000);
}

#define DATE "; Sun, 1 Jun 2025 00:00:00 +0000"

static void hops_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *value, *due;
    } cases[] = {
        /* Postfix */
        {"from h.example (r.example [192.0.2.1])\n\tby mx.example (Postfix) with ESMTPS id 4F\n"
         "\tfor <a@b.example>" DATE,
            "h.example 192.0.2.1 mx.example ESMTPS - 1"},
        {"from h (unknown [IPv6:2001:db8::1]) by mx.example with ESMTP" DATE,
            "h 2001::01 mx.example ESMTP - 1"},
        {"by mx.example (Postfix, from userid 0) id 4F" DATE, "- - mx.example - - 1"},
        /* Exim */
        {"from r.example ([192.0.2.1]:25 helo=h.example) by mx.example with esmtps (TLS1.3) tls x"
         " (Exim 4.96) (envelope-from <a@b.example>) id 1x-0" DATE,
            "h.example 192.0.2.1 mx.example esmtps a@b.example 1"},
        {"from [192.0.2.1] (helo=[10.0.0.1]) by mx.example with esmtp (envelope-from <>)" DATE,
            "[10.0.0.1] 192.0.2.1 mx.example esmtp  1"},
        /* qmail */
        {"from unknown (HELO h.example) (192.0.2.1)\n  by mx.example with SMTP" DATE,
            "h.example 192.0.2.1 mx.example SMTP - 1"},
        /* Gmail */
        {"from h.example (h.example. [192.0.2.1])\n by mx.google.com with ESMTPS id x" DATE,
            "h.example 192.0.2.1 mx.google.com ESMTPS - 1"},
        /* Exchange */
        {"from h.example (2001:db8::1) by mx.example\n (2001:db8::2) with Microsoft SMTP "
         "Server" DATE,
            "h.example 2001::01 mx.example Microsoft - 1"},
        {"from h.example (192.0.2.1) by mx.example (10.0.0.1) with SMTP" DATE,
            "h.example 192.0.2.1 mx.example SMTP - 1"},
        {"from h.example by mx.example (192.0.2.9) with SMTP" DATE,
            "h.example - mx.example SMTP - 1"},
        /* Yahoo */
        {"from 192.0.2.1 (EHLO h.example)\n by 10.1.2.3 with SMTPs" DATE,
            "h.example 192.0.2.1 10.1.2.3 SMTPs - 1"},
        {"from 192.0.2.9 (r.example [192.0.2.1]) by mx.example with SMTP" DATE,
            "192.0.2.9 192.0.2.1 mx.example SMTP - 1"},
        /* what is made up */
        {"from (((((", "- - - - - 0"},
        {"from [", "[ - - - - 0"},
        {"", "- - - - - 0"},
        {";;;", "- - - - - 0"},
        {"from from from by by with with", "from - by with - 0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(hop(cases[i].value), cases[i].due);
}

static void the_border_is_found(void **state)
{
    (void)state;
    const struct ma_mail_facts *f =
        facts_of("Return-Path: <a@b.example>\n"
                 "Received: from localhost (localhost [127.0.0.1]) by mx (Postfix)\n"
                 "Received: from in (in [10.1.2.3]) by a\nReceived: from u ([fd00::1]) by a\n"
                 "Received: from c (c [100.64.0.1]) by a\nReceived: by b\n"
                 "Received: from x (x [192.0.2.1]) by in\n"
                 "Received: from y (y [192.0.2.2]) by x\n\n");
    assert_int_equal(f->received.count, 7);
    assert_ptr_equal(f->received.taken, &f->received.list[5]);
    assert_string_equal(f->received.taken->helo, "x");
    assert_string_equal(f->sender, "a@b.example");
    assert_int_equal(f->sender_source, MA_SENDER_RETURN_PATH);
    assert_null(facts_of("Received: from in (in [172.31.2.3]) by a\n\n")->received.taken);
    assert_non_null(facts_of("Received: from in (in [172.32.2.3]) by a\n\n")->received.taken);
    assert_null(facts_of("Received: from a (2603:10a6:1::1) by b (2603:10b6::2)\n"
                         "Received: from a ([2002:a05:1::1]) by b\n\n")
                    ->received.taken);
    assert_non_null(facts_of("Received: from a (2603:2000::1) by b\n\n")->received.taken);
}

static void the_sender_is_found(void **state)
{
    (void)state;
    assert_null(facts_of("From: a@b.example\n\n")->sender);
    assert_null(facts_of("Return-Path: nobody\n\n")->sender);
    assert_string_equal(facts_of("Return-Path: <>\n\n")->sender, "");
    const struct ma_mail_facts *f =
        facts_of("Received: from x ([192.0.2.1] helo=y) by z (envelope-from <e@x.example>)\n"
                 "Authentication-Results: z; spf=pass smtp.mailfrom=f@x.example\n\n");
    assert_string_equal(f->sender, "e@x.example");
    assert_int_equal(f->sender_source, MA_SENDER_RECEIVED);
    f = facts_of("ARC-Authentication-Results: i=1; z; spf=pass smtp.mailfrom=g@x.example\n"
                 "Authentication-Results: z; spf=pass smtp.mailfrom=f@x.example\n\n");
    assert_string_equal(f->sender, "f@x.example");
}

/* ---- results of others ----------------------------------------------------------------------- */

static const char *results(const char *value)
{
    const struct ma_mail_facts *f = facts_of(ma_arena_printf(&arena, "%s\n\n", value));
    const struct ma_results *r = &f->results.list[0];
    const char *out = ma_arena_printf(&arena, "%u %s", r->instance, r->server);
    for (size_t i = 0; i < r->item_count; i++) {
        out = ma_arena_printf(&arena, "%s; %s=%s", out, r->items[i].method, r->items[i].result);
        for (size_t k = 0; k < r->items[i].property_count; k++)
            out = ma_arena_printf(&arena, "%s %s=%s", out, r->items[i].properties[k].name,
                r->items[i].properties[k].value);
    }
    return out;
}

static void results_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *value, *due;
    } cases[] = {
        {"Authentication-Results: MX.example; none", "0 mx.example"},
        {"Authentication-Results: mx.example 1; dkim=pass (2048-bit key) header.d=b.example\n"
         " header.i=@b.example header.b=\"ab/=\"; SPF=Pass smtp.mailfrom=a@b.example",
            "0 mx.example; dkim=pass header.d=b.example header.i=@b.example header.b=ab/=; "
            "spf=pass smtp.mailfrom=a@b.example"},
        {"Authentication-Results: mx.example; dkim/1 = fail reason=\"body; hash\" header.d=x",
            "0 mx.example; dkim=fail reason=body; hash header.d=x"},
        {"Authentication-Results: spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=b.example;"
         " dkim=none;compauth=pass",
            "0 ; spf=pass smtp.mailfrom=b.example; dkim=none; compauth=pass"},
        {"ARC-Authentication-Results: i=2; mx.example; arc=pass", "2 mx.example; arc=pass"},
        {"ARC-Authentication-Results: i=99999999999; mx.example", "0 mx.example"},
        {"Authentication-Results: mx; dkim=pass header.b=ab== x=y",
            "0 mx; dkim=pass header.b=ab x=y"},
        {"Authentication-Results:", "0 "},
        {"Authentication-Results: =;=;==", "0 "},
        {"Authentication-Results: mx; dkim=", "0 mx"},
        {"Authentication-Results: mx; =pass; dkim=pass", "0 mx; dkim=pass"},
        {"Authentication-Results: \"", "0 "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(results(cases[i].value), cases[i].due);
}

static void too_much_is_left_out(void **state)
{
    (void)state;
    const char *items = "", *fields = "", *hops = "";
    for (int i = 0; i < 30; i++)
        items = ma_arena_printf(&arena, "%s; dkim=pass", items);
    for (int i = 0; i < 20; i++)
        fields = ma_arena_printf(&arena, "%sAuthentication-Results: mx%s\n", fields, items);
    for (int i = 0; i < 70; i++)
        hops = ma_arena_printf(&arena, "%sReceived: by x\n", hops);
    const struct ma_mail_facts *f = facts_of(ma_arena_printf(&arena, "%s%s\n", fields, hops));
    assert_int_equal(f->results.count, MA_RESULTS_MAX);
    assert_int_equal(f->results.left_out, 4);
    assert_int_equal(f->results.list[0].item_count, MA_RESULTS_ITEMS_MAX);
    assert_int_equal(f->results.list[0].left_out, 6);
    assert_int_equal(f->received.count, MA_RECEIVED_MAX);
    assert_int_equal(f->received.left_out, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(addresses_are_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(too_many_addresses_are_left_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(dates_are_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hops_are_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_border_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_sender_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(results_are_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(too_much_is_left_out, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
