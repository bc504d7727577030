/* SPDX-License-Identifier: MIT */
/* Recordings: what is refused, with which words, and what is read. */
#include "recorded_folder.h"

#include "observe/recording.h"
#include "observe/sources.h"
#include "recorder.h"

#define DNS   MA_RECORDING_DNS "\n"
#define AUDIT MA_RECORDING_AUDIT "\n"

static int teardown(void **state)
{
    (void)state;
    put("dns.txt", NULL);
    put("audit.txt", NULL);
    return rmdir(folder);
}

static bool open_folder(void *source, FILE *err)
{
    return ma_replay_open(source, folder, err);
}

/* free() it. */
static char *open_it(struct ma_source *source)
{
    return said_of(open_folder, source);
}

static void refused(const char *text, const char *why)
{
    struct ma_source source;
    put("dns.txt", text);
    char *said = open_it(&source);
    assert_string_equal(said, why);
    free(said);
}

static void damage_is_said(void **state)
{
    (void)state;
    put("audit.txt", NULL);
    refused(NULL, "/dns.txt: No such file or directory");
    refused("", "/dns.txt:1: not a recording: no line 'mailaudit-observations 1'");
    refused("x\n", "/dns.txt:1: not a recording: no line 'mailaudit-observations 1'");
    refused("mailaudit-observations 2\n",
        "/dns.txt:1: a recording of a version that is not known here");
    refused(DNS "\n; comment\na.example TXT\n", "/dns.txt:4: a question needs OWNER TYPE OUTCOME");
    refused(DNS "a..example TXT nodata\n", "/dns.txt:2: 'a..example' is no domain name");
    refused(DNS "a.example FOO nodata\n", "/dns.txt:2: not a type of record: 'FOO'");
    refused(DNS "a.example TXT maybe\n",
        "/dns.txt:2: not an outcome (ok, nodata, nxdomain, failed:WHY): 'maybe'");
    refused(DNS "a.example TXT failed:so\n", "/dns.txt:2: not a failure: 'failed:so'");
    refused(DNS "a.example TXT nodata ttl=3\n", "/dns.txt:2: not known here: 'ttl=3'");
    refused(
        DNS "a.example TXT nodata negative-ttl=x\n", "/dns.txt:2: not a number of seconds: 'x'");
    refused(DNS "a.example TXT nodata security=x\n", "/dns.txt:2: not a security status: 'x'");
    refused(DNS "a.example TXT nodata server=192.0.2.1\n",
        "/dns.txt:2: not a server (ADDR#PORT): '192.0.2.1'");
    refused(DNS "a.example TXT nodata server=192.0.2.1#65536\n",
        "/dns.txt:2: not a server (ADDR#PORT): '192.0.2.1#65536'");
    refused(DNS "a.example TXT failed:timeout detail=x\n", "/dns.txt:2: not a quoted text: 'x'");
    refused(DNS " a.example. 1 IN A 192.0.2.1\n", "/dns.txt:2: a record before the first question");
    refused(DNS "a.example TXT ok\n", "/dns.txt:2: ok, but no record of the type follows");
    refused(DNS "a.example TXT ok\n a.example. 1 IN A 192.0.2.1\n",
        "/dns.txt:3: neither an alias nor of the type that was asked for");
    refused(DNS "a.example TXT ok\n a 1 IN TXT x\n",
        "/dns.txt:3: relative name 'a', but there is no origin yet (no $ORIGIN)");
    refused(DNS "a.example TXT ok\n a.example. 1 IN TXT \"x\n",
        "/dns.txt:3: a quote is not closed on its line");
    refused(DNS "a.example TXT ok\n a.example. 1 IN TXT x\n   1 IN TXT y\n",
        "/dns.txt:4: no owner name, and no record before");
    refused(DNS "a.example TXT nodata\nb.example TXT nodata\nA.example. TXT nxdomain\n",
        "/dns.txt:4: a question twice");
    put("audit.txt", AUDIT "domain a.example\nobservations 3\n");
    refused(DNS "a.example TXT nodata\n", "/dns.txt: 1 observations, but audit.txt says 3");
    put("audit.txt", NULL);
}

static const struct ma_answer *ask(struct ma_store *store, const char *name, enum ma_rrtype type,
    bool validate, const char *server)
{
    uint8_t wire[MA_NAME_WIRE_MAX];
    struct ma_question q = {.name = wire, .type = (uint16_t)type, .validate = validate};
    q.name_size = (uint8_t)ma_name_to_wire(wire, name);
    if (server != NULL) {
        assert_true(ma_address_parse(&q.server, server));
        q.port = 53;
    }
    ma_question_seal(&q);
    struct ma_entry *e = ma_store_get(store, &q);
    const struct ma_answer *a = ma_entry_answer(e);
    ma_store_release(store, e); /* stays in the cache */
    return a;
}

static void outcomes(void **state)
{
    struct ma_source source;
    (void)state;
    put("dns.txt", DNS "; by hand\n"
                       "\n"
                       "a.example TXT ok\n"
                       " a.example. 60 IN CNAME b.example.\n"
                       " b.example. 30 IN TXT \"v=spf1; \" \"\\000x\"\n"
                       "a.example A nodata negative-ttl=7\n"
                       "b.example A nxdomain negative-ttl=1m security=secure validate\n"
                       "c.example TXT failed:timeout detail=\"no \\\"answer\\\"\\010\"\n"
                       "d.example TXT failed:bogus server=2001:db8::1#53\n"
                       "e.example TYPE65280 ok\n"
                       " e.example. 60 IN TYPE65280 \\# 3 010203\n");
    char *said = open_it(&source);
    assert_string_equal(said, "");
    free(said);
    struct ma_store *store = ma_store_new(&source, 1, 1024 * 1024);
    const struct ma_answer *a = ask(store, "a.example", MA_TXT, false, NULL);
    assert_int_equal(a->status, MA_OK);
    assert_int_equal(a->chain_count, 1);
    assert_int_equal(a->ttl_secs, 30);
    assert_int_equal(a->rrs[0].txt.size, 10);
    assert_memory_equal(a->rrs[0].txt.bytes, "v=spf1; \0x", 10);
    a = ask(store, "a.example", MA_A, false, NULL);
    assert_int_equal(a->status, MA_NODATA);
    assert_int_equal(a->ttl_secs, 7);
    a = ask(store, "b.example", MA_A, true, NULL);
    assert_int_equal(a->status, MA_NXDOMAIN);
    assert_int_equal(a->ttl_secs, 60);
    assert_int_equal(a->security, MA_SECURE);
    a = ask(store, "b.example", MA_A, false, NULL);
    assert_int_equal(a->failure, MA_FAIL_NOT_RECORDED);
    a = ask(store, "c.example", MA_TXT, false, NULL);
    assert_int_equal(a->failure, MA_FAIL_TIMEOUT);
    assert_string_equal(a->detail, "no \"answer\"\n");
    assert_int_equal(ask(store, "d.example", MA_TXT, false, "2001:db8::1")->failure, MA_FAIL_BOGUS);
    assert_int_equal(ask(store, "d.example", MA_TXT, false, NULL)->failure, MA_FAIL_NOT_RECORDED);
    assert_int_equal(ask(store, "e.example", (enum ma_rrtype)65280, false, NULL)->rr_count, 1);
    ma_store_free(store);
}

/* ---- audit.txt ------------------------------------------------------------------------------- */

static bool read_audit(struct ma_options *o, bool whole, char **said)
{
    size_t size = 0;
    FILE *err = open_memstream(said, &size);
    assert_non_null(err);
    bool ok = ma_recorded_options(o, folder, whole, err);
    fclose(err);
    return ok;
}

static void bad_audit(const char *text, const char *why)
{
    struct ma_options o = {.spec = {.now_secs = -1}};
    char *said;
    ma_arena_init(&o.arena, 1024, UNIT_ARENA_BYTES);
    put("audit.txt", text);
    assert_false(read_audit(&o, true, &said));
    said[strcspn(said, "\n")] = '\0';
    assert_string_equal(said + strlen(folder), why);
    free(said);
    ma_options_clear(&o);
}

static void bad_audits_are_refused(void **state)
{
    (void)state;
    bad_audit("", "/audit.txt:1: not what a recording has: no line 'mailaudit-audit 1'");
    bad_audit(AUDIT "now 3\n", "/audit.txt: no domain");
    bad_audit(AUDIT "domain\n", "/audit.txt:2: a line needs KEY VALUE");
    bad_audit(AUDIT "sphere a.example\n", "/audit.txt:2: 'sphere' is not known here");
    bad_audit(AUDIT "now soon\n", "/audit.txt:2: 'soon' is no clock");
    bad_audit(AUDIT "role king\n", "/audit.txt:2: role 'king': not one of sends-and-receives, "
                                   "sends-only, receives-only, parked");
    bad_audit(AUDIT "helo \\999\n", "/audit.txt:2: a bad escape: \\DDD is a byte from 001 to 255");
    bad_audit(
        AUDIT "address a b\n", "/audit.txt:2: 'a b' is neither an IP address nor a host name");
    /* a recording may come from anybody: it names no file of this machine */
    bad_audit(
        AUDIT "setting lists /etc/passwd\n", "/audit.txt:2: setting 'lists' is not known here");
    bad_audit(AUDIT "setting canary ..\n", "/audit.txt:2: --canary '..' cannot be a domain name");
    bad_audit(AUDIT "file hosts x\n", "/audit.txt:2: file 'hosts' is not known here");
    bad_audit(AUDIT "file policy ours\n",
        "/audit.txt:2: the audit was made with --policy 'ours': give that file again");
    bad_audit(AUDIT "file lists a b\n",
        "/audit.txt:2: the audit was made with --lists 'a b': give that file again");
}

static void audits_are_read(void **state)
{
    struct ma_options o = {.spec = {.now_secs = -1}};
    const struct ma_spec *s = &o.spec;
    char *said;
    (void)state;
    ma_arena_init(&o.arena, 1024, UNIT_ARENA_BYTES);
    put("audit.txt", AUDIT "; ours\ndomain a.example\naddress 192.0.2.1\naddress mail.a.example\n"
                           "sender x@a.example\nhelo a\\032b\nrole parked\nselector s1\n"
                           "check mx\ncheck spf\nsetting canary net\nsetting dnssec yes\n"
                           "profile strict\nnow 17\nobservations 0\n");
    assert_true(read_audit(&o, true, &said));
    free(said);
    assert_string_equal(s->domain, "a.example");
    assert_int_equal(s->address_count, 2);
    assert_string_equal(s->addresses[1], "mail.a.example");
    assert_string_equal(s->sender, "x@a.example");
    assert_string_equal(s->helo, "a b");
    assert_int_equal(s->role, MA_PARKED);
    assert_int_equal(s->selector_count, 1);
    assert_int_equal(s->now_secs, 17);
    assert_string_equal(o.only, "mx,spf");
    assert_true(o.recorded_checks);
    assert_int_equal(o.setting_count, 2);
    assert_string_equal(o.settings[0].value, "net");
    assert_string_equal(o.profile, "strict");
    ma_options_clear(&o);
}

static void a_null_sender_is_read(void **state)
{
    struct ma_options o = {.spec = {.now_secs = -1}};
    char *said;
    (void)state;
    ma_arena_init(&o.arena, 1024, UNIT_ARENA_BYTES);
    put("audit.txt", AUDIT "domain a.example\nsender <>\nhelo h.a.example\nobservations 0\n");
    assert_true(read_audit(&o, true, &said));
    free(said);
    assert_string_equal(o.spec.sender, "");
    ma_options_clear(&o);
}

static void the_command_line_beats_the_recording(void **state)
{
    struct ma_options o = {.spec = {.now_secs = 3, .domain = "b.example"},
        .only = "ptr",
        .profile = "default",
        .policy = "mine",
        .settings = {{"canary", "org"}, {"lists", "mine"}},
        .setting_count = 2};
    char *said;
    (void)state;
    ma_arena_init(&o.arena, 1024, UNIT_ARENA_BYTES);
    put("audit.txt", AUDIT "domain a.example\naddress 192.0.2.1\ncheck mx\nsetting canary net\n"
                           "profile strict\nfile lists theirs\nfile policy theirs\nnow 17\n"
                           "observations 0\n");
    assert_true(read_audit(&o, false, &said));
    free(said);
    assert_string_equal(o.spec.domain, "b.example");
    assert_int_equal(o.spec.now_secs, 3);
    assert_int_equal(o.spec.address_count, 0);
    assert_string_equal(o.only, "ptr");
    assert_false(o.recorded_checks);
    assert_int_equal(o.setting_count, 2);
    assert_string_equal(o.profile, "default");
    ma_options_clear(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damage_is_said),
        cmocka_unit_test(outcomes),
        cmocka_unit_test(bad_audits_are_refused),
        cmocka_unit_test(audits_are_read),
        cmocka_unit_test(a_null_sender_is_read),
        cmocka_unit_test(the_command_line_beats_the_recording),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
