/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "why/question.h"

#define SENDER "user@example.com"
#define IP     "198.41.0.6"

static struct ma_arena arena;
static struct ma_why_question q;
static char *said;

static int setup(void **state)
{
    (void)state;
    ma_arena_init(&arena, 4096, UNIT_ARENA_BYTES);
    said = NULL;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ma_arena_clear(&arena);
    free(said);
    return 0;
}

static bool ask(const char *const *words, size_t count, bool helo_given)
{
    char *copies[8];
    size_t size = 0;
    free(said);
    FILE *err = open_memstream(&said, &size);
    assert_non_null(err);
    for (size_t i = 0; i < count; i++)
        copies[i] = ma_arena_strdup(&arena, words[i]);
    bool ok = ma_why_question_read(&q, &arena, copies, count, helo_given, err);
    fclose(err);
    assert_int_equal(ok, *said == '\0');
    return ok;
}

static bool ask_one(const char *text)
{
    return ask(&text, 1, false);
}

static bool same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* ---- links ----------------------------------------------------------------------------------- */

struct row {
    const char *text, *sender, *address, *receiver, *helo;
};

static const struct row links[] = {
    /* Mail::SPF::Query and its kin */
    {"http://spf.pobox.com/"
     "why.html?sender=user%40example.com&ip=198.41.0.6&receiver=mx.example.net",
        SENDER, IP, "mx.example.net", NULL},
    {"http://spf.pobox.com/why.html?sender=user@example.com&ip=198.41.0.6", SENDER, IP, NULL, NULL},
    {"http://www.openspf.org/why.html?sender=user@example.com&ip=198.41.0.6"
     "&receiver=mx.example.net>'",
        SENDER, IP, "mx.example.net", NULL},
    /* Mail::SPF, pyspf */
    {"Please see http://www.openspf.org/Why?s=mfrom;id=user%40example.com;ip=198.41.0.6;"
     "r=mx.example.net",
        SENDER, IP, "mx.example.net", NULL},
    {"http://www.openspf.net/Why?s=mfrom;id=user@example.com;ip=198.41.0.6;r=<UNKNOWN>", SENDER, IP,
        NULL, NULL},
    {"https://www.open-spf.org/Why/"
     "?v=1&s=mfrom&id=user@example.com&ip=198.41.0.6&receiver=x.example",
        SENDER, IP, "x.example", NULL},
    {"http://www.openspf.net/Why?s=helo;id=mx-out.example.com;ip=198.41.0.6;r=me@example.net; "
     "from=<a@example.org> to=<me@example.net> proto=ESMTP helo=<mx-out.example.com>",
        "", IP, "example.net", "mx-out.example.com"},
    {"http://www.openspf.org/Why?s=helo;id=postmaster%40loan.example.com;ip=198.41.0.6", "", IP,
        NULL, "loan.example.com"},
    /* libspf2 */
    {"Please see http://www.openspf.org/Why?id=user%40example.com&ip=198.41.0.6&receiver=spfquery "
     ": "
     "Reason: mechanism",
        SENDER, IP, NULL, NULL},
    /* Exim */
    {"550 Please see "
     "http://www.openspf.org/Why?scope=mfrom;identity=user@example.com;ip=198.41.0.6",
        SENDER, IP, NULL, NULL},
    {"http://www.openspf.org/Why?scope=helo;identity=mail.example.com;ip=198.41.0.6", "", IP, NULL,
        "mail.example.com"},
    /* as SpamAssassin wraps it */
    {"[SPF failed: Please see http://www.openspf.net/Why?s=mfrom;\n id=user%40example.com; "
     "ip=198.41.0.6;\n r=a.b.example.net]",
        SENDER, IP, "a.b.example.net", NULL},
    {"http://x.example/?s=mfrom\n&id=user%40example.com\n &ip=198.41.0.6\nid=other@example.net",
        SENDER, IP, NULL, NULL},
    /* quoted-printable, its soft line breaks, what mail programs make of them */
    {"http://www.openspf.org/Why?scope=3Dmfr=\nom;identity=3Duser@example.com;ip=3D198.41.=\r\n0.6",
        SENDER, IP, NULL, NULL},
    {"http://www.openspf.org/Why?s=3dmfrom;id=3Duser%40exam= ple.com;ip=3D198.41.0.6", SENDER, IP,
        NULL, NULL},
    {"http://www.openspf.org/Why?id=3Duser=40example.com&ip=3D198.41.0.6", SENDER, IP, NULL, NULL},
    {"http://www.openspf.org/Why?s=mfrom;id=3Dprint@example.com;ip=198.41.0.6",
        "3Dprint@example.com", IP, NULL, NULL},
    /* encoded once more; as HTML */
    {"http://www.openspf.org/Why?id=user%2540example.com&ip=198.41.0.6", SENDER, IP, NULL, NULL},
    {"<a href=\"http://www.openspf.org/Why?id=user%40example.com&amp;ip=198.41.0.6\">", SENDER, IP,
        NULL, NULL},
    {"&lt;http://www.openspf.org/Why?id=user%40example.com&amp;ip=198.41.0.6&gt;", SENDER, IP, NULL,
        NULL},
    {"<http://www.openspf.org/Why?id=user%40example.com&ip=198.41.0.6>.", SENDER, IP, NULL, NULL},
    {"(see http://www.openspf.org/Why?id=user%40example.com&ip=198.41.0.6)", SENDER, IP, NULL,
        NULL},
    {"www.openspf.org/Why?ID=user%40example.com&IP=+198.41.0.6+", SENDER, IP, NULL, NULL},
    {"https://example.net/spf?id=%3Cuser%40example.com%3E;ip=%5B198.41.0.6%5D", SENDER, IP, NULL,
        NULL},
    /* senders with a plus, an equals sign, more than one at sign, none */
    {"http://x.example/Why?id=user+tag@example.com&ip=198.41.0.6", "user+tag@example.com", IP, NULL,
        NULL},
    {"http://x.example/Why?id=user%2Btag@example.com&ip=198.41.0.6", "user+tag@example.com", IP,
        NULL, NULL},
    {"http://x.example/Why?id=prvs=12ab=user@example.com&ip=198.41.0.6",
        "prvs=12ab=user@example.com", IP, NULL, NULL},
    {"http://x.example/Why?id=srs0=a=b=c@d@example.com&ip=198.41.0.6", "srs0=a=b=c@d@example.com",
        IP, NULL, NULL},
    {"http://x.example/Why?id=example.com&ip=198.41.0.6", "postmaster@example.com", IP, NULL, NULL},
    {"http://x.example/Why?sender=&ip=198.41.0.6&helo=mail.example.com", "", IP, NULL,
        "mail.example.com"},
    {"http://x.example/Why?sender=%3C%3E&ip=198.41.0.6", "", IP, NULL, NULL},
    {"http://x.example/Why?id=100%25@example.com&ip=198.41.0.6", "100%@example.com", IP, NULL,
        NULL},
    {"http://x.example/Why?id=a%zz@example.com&ip=198.41.0.6", "a%zz@example.com", IP, NULL, NULL},
    /* IPv6, also as %{i} writes it */
    {"http://x.example/Why?id=user@example.com&ip=2001%3Adb8%3A%3A1", SENDER, "2001:db8::1", NULL,
        NULL},
    {"http://x.example/Why?id=user@example.com&ip=[IPv6:2001:db8::1]", SENDER, "2001:db8::1", NULL,
        NULL},
    {"http://x.example/why.html?sender=user@example.com&ip="
     "2.0.0.1.0.D.B.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1",
        SENDER, "2001:0DB8:0000:0000:0000:0000:0000:0001", NULL, NULL},
    /* a header of RFC 7208 9.1 */
    {"Received-SPF: fail (x.example: no) receiver=mx.example.net; identity=mailfrom; "
     "envelope-from=\"user@example.com\"; helo=mail.example.com; client-ip=198.41.0.6",
        SENDER, IP, "mx.example.net", "mail.example.com"},
    /* nothing in the link, but before it */
    {"550 Bad SPF records for [example.org:198.41.0.6], see http://spf.pobox.com/",
        "postmaster@example.org", IP, NULL, NULL},
    {"Bad SPF records for [example.org:2001:db8::1]", "postmaster@example.org", "2001:db8::1", NULL,
        NULL},
    /* no link at all */
    {"550-5.7.26 SPF [example.org] with ip: [198.41.0.6] = did not pass", "postmaster@example.org",
        "198.41.0.6", NULL, NULL},
    {"spf=softfail (google.com: domain of transitioning user@example.com does not designate "
     "2001:db8::1 as permitted sender)",
        SENDER, "2001:db8::1", NULL, NULL},
    {"550 198.41.0.6 is not allowed to send mail from example.org.", "postmaster@example.org",
        "198.41.0.6", NULL, NULL},
    /* what is not there is left open */
    {"see http://x.example/ nobody does not designate nothing SPF [] with ip: [] with ip: [", NULL,
        NULL, NULL, NULL},
    {"550 see [example.org], [:1], [a.example:] and [example.org:25] http://spf.pobox.com/", NULL,
        NULL, NULL, NULL},
    {"http://spf.pobox.com/why.html", NULL, NULL, NULL, NULL},
    {"http://spf.pobox.com/why.html?sender=user@example.com", SENDER, NULL, NULL, NULL},
    {"http://spf.pobox.com/why.html?", NULL, NULL, NULL, NULL},
    {"http://spf.pobox.com/why.html?sender=user@example.com&ip=", SENDER, NULL, NULL, NULL},
    {"http://spf.pobox.com/why.html?show=1", NULL, NULL, NULL, NULL},
};

static void links_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        const struct row *r = &links[i];
        if (!ask_one(r->text))
            fail_msg("%s: %s", r->text, said);
        if (!same(q.sender, r->sender) || !same(q.address, r->address) ||
            !same(q.receiver, r->receiver) || !same(q.helo, r->helo))
            fail_msg("%s: %s, %s, %s, %s", r->text, q.sender, q.address, q.receiver, q.helo);
        assert_true(q.from_link);
    }
}

static void what_cannot_be_used_is_named(void **state)
{
    static const char *const rows[][2] = {
        {"http://x.example/Why?id=user@example.com&ip=86.108.94", "ip=86.108.94"},
        {"http://x.example/Why?id=user@example.com&ip=198.41.0.6/24", "ip=198.41.0.6/24"},
        {"http://x.example/Why?id=%{S}&ip=198.41.0.6", "id=%{S}: holds a macro"},
        {"http://x.example/Why?id=user@example.com&ip=%{c}", "ip=%{c}: holds a macro"},
        {"http://x.example/Why?id=someone 4yourdomain.com;ip=198.41.0.6", "id=someone: neither"},
        {"http://x.example/Why?id=user%40&ip=198.41.0.6", "id=user@: neither"},
        {"http://x.example/Why?s=helo;id=localhost;ip=198.41.0.6", "id=localhost: not a host name"},
        {"http://x.example/Why?id=a%00@example.com;ip=198.41.0.6%0a", "ip=198.41.0.6%0a: holds a"},
        {"http://x.example/Why?id=%1b]0;x@example.com;ip=198.41.0.6", "id=%1b]0: holds a control"},
        {"http://x.example/Why?id=a%7f@example.com;ip=198.41.0.6", "holds a control character"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (ask_one(rows[i][0]))
            fail_msg("%s was taken", rows[i][0]);
        if (strstr(said, rows[i][1]) == NULL)
            fail_msg("%s: %s", rows[i][0], said);
        assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
    }
}

static void much_text_is_refused(void **state)
{
    char *text = malloc(MA_WHY_BYTES_MAX + 2);
    (void)state;
    assert_non_null(text);
    memset(text, ';', MA_WHY_BYTES_MAX + 1);
    memcpy(text, "http://x/?", 10);
    text[MA_WHY_BYTES_MAX - 1] = '\0';
    assert_true(ask_one(text));
    text[MA_WHY_BYTES_MAX - 1] = ';';
    text[MA_WHY_BYTES_MAX + 1] = '\0';
    assert_false(ask_one(text));
    free(text);
}

/* ---- words ----------------------------------------------------------------------------------- */

static void words_come_in_any_order(void **state)
{
    static const char *const orders[][3] = {{SENDER, IP, "mx.example.net"},
        {IP, SENDER, "mx.example.net"}, {"mx.example.net", "<" SENDER ">", "[" IP "]"}};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_true(ask(orders[i], 3, false));
        assert_non_null(strstr(q.sender, SENDER));
        assert_string_equal(q.address, IP);
        assert_string_equal(q.receiver, "mx.example.net");
        assert_false(q.from_link);
    }
    assert_true(ask_one(SENDER " " IP)); /* in one pair of quotes */
    assert_string_equal(q.address, IP);
}

static void a_lone_name_is_the_senders_domain(void **state)
{
    static const char *const words[] = {"example.com", IP};
    (void)state;
    assert_true(ask(words, 2, false));
    assert_string_equal(q.sender, "postmaster@example.com");
    assert_null(q.receiver);
    assert_true(ask(words, 2, true)); /* --helo says who is judged */
    assert_null(q.sender);
    assert_string_equal(q.receiver, "example.com");
}

static void the_null_sender_is_a_sender(void **state)
{
    static const char *const forms[][2] = {{"", IP}, {"<>", IP}, {"  ", IP}};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_true(ask(forms[i], 2, false));
        assert_string_equal(q.sender, "");
    }
}

static void what_is_ambiguous_is_refused(void **state)
{
    static const char *const rows[][3] = {{SENDER, "other@example.net", "two senders"},
        {IP, "198.41.0.7", "two IP addresses"}, {"a.example", "b.example", "two host names"},
        {SENDER, "300.1.1.1.1/", "'300.1.1.1.1/' is neither"},
        {SENDER, "mail", "'mail' is neither"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_false(ask(rows[i], 2, false));
        if (strstr(said, rows[i][2]) == NULL)
            fail_msg("%s", said);
    }
}

/* The shell has cut the link, and the user says the rest. */
static void words_fill_up_a_link(void **state)
{
    static const char *const words[] = {"Please", "see",
        "http://spf.pobox.com/why.html?sender=user@example.com", IP,
        "<other@example.net>:", "5.7.1"};
    static const char *const bare[] = {"http://spf.pobox.com/why.html", IP, SENDER};
    (void)state;
    assert_true(ask(words, 6, false));
    assert_string_equal(q.sender, SENDER);
    assert_string_equal(q.address, IP);
    assert_true(ask(bare, 3, false));
    assert_string_equal(q.sender, SENDER);
    assert_string_equal(q.address, IP);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CASE(links_are_read),
        CASE(what_cannot_be_used_is_named),
        CASE(much_text_is_refused),
        CASE(words_come_in_any_order),
        CASE(a_lone_name_is_the_senders_domain),
        CASE(the_null_sender_is_a_sender),
        CASE(what_is_ambiguous_is_refused),
        CASE(words_fill_up_a_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
