/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "sample.h"

#include "report/sheet.h"

/* A sheet that writes to memory. */
struct paper {
    struct ma_sheet sheet;
    char *text;
    size_t size;
};

static void paper_init(struct paper *p, unsigned columns)
{
    p->text = NULL;
    FILE *file = open_memstream(&p->text, &p->size);
    assert_non_null(file);
    ma_sheet_init(&p->sheet, file, columns, false);
}

static void assert_paper(struct paper *p, const char *due)
{
    assert_int_equal(fclose(p->sheet.file), 0);
    assert_string_equal(p->text, due);
    free(p->text);
}

static void lines_break_at_spaces_only(void **state)
{
    struct paper p;
    (void)state;
    paper_init(&p, 40);
    ma_sheet_item(&p.sheet, "why", "%s", "a receiver that follows the rules refuses this mail");
    ma_sheet_item(&p.sheet, "fix",
        "see https://example.com/a/very/long/address/that/cannot/be/broken and go on");
    assert_paper(&p, "  why    a receiver that follows the\n"
                     "         rules refuses this mail\n"
                     "  fix    see\n"
                     "         https://example.com/a/very/long/address/that/cannot/be/broken\n"
                     "         and go on\n");
}

static void what_is_escaped_is_measured_as_shown(void **state)
{
    struct paper p;
    (void)state;
    paper_init(&p, 40);
    ma_sheet_item(&p.sheet, "seen", "%s", "abcdefghijklmnopqrstuv \033\033\033\n x");
    assert_paper(&p, "  seen   abcdefghijklmnopqrstuv\n"
                     "         \\x1b\\x1b\\x1b\\x0a x\n");
}

static void spaces_of_the_evidence_are_kept(void **state)
{
    struct paper p;
    (void)state;
    paper_init(&p, 80);
    ma_sheet_item(&p.sheet, "seen", "%s", "v=spf1  mx   -all");
    assert_paper(&p, "  seen   v=spf1  mx   -all\n");
}

static void set_place(struct paper *p, const char *record, size_t offset, size_t length)
{
    const struct ma_place place = {"example.com", "TXT", record, strlen(record), offset, length};
    ma_sheet_place(&p->sheet, &place);
}

static void carets_stand_below_the_place(void **state)
{
    struct paper p;
    (void)state;
    paper_init(&p, 80);
    set_place(&p, "v=spf1 ipv4:x -all", 7, 6);
    set_place(&p, "v=\x01spf1 ip\xff", 8, 3);
    set_place(&p, "v=spf1", 6, 0); /* what is missing at the end */
    set_place(&p, "v=spf1", 60, 9);
    set_place(&p, "v=spf1", 3, (size_t)-1);
    set_place(&p, "", 0, 0);
    assert_paper(&p, "         v=spf1 ipv4:x -all\n"
                     "                ^^^^^^\n"
                     "         v=\\x01spf1 ip\\xff\n"
                     "                    ^^^^^^\n"
                     "         v=spf1\n"
                     "               ^\n"
                     "         v=spf1\n"
                     "               ^\n"
                     "         v=spf1\n"
                     "            ^^^\n"
                     "         \n"
                     "         ^\n");
}

/* Wherever the place is, the term is on the line, with the carets below it. */
static void long_records_are_shown_around_the_place(void **state)
{
    char record[1201];
    (void)state;
    for (size_t i = 0; i < 1200; i++)
        record[i] = i % 11 == 0 ? '\x02' : (char)('a' + i % 26);
    record[1200] = '\0';
    for (size_t offset = 0; offset + 3 < 1200; offset += 13) {
        struct paper p;
        paper_init(&p, 80);
        set_place(&p, record, offset, offset % 5 == 0 ? 400 : 3);
        fclose(p.sheet.file);
        char *line = p.text, *below = strchr(p.text, '\n') + 1;
        size_t column = strspn(below, " ");
        char shown[5] = {record[offset]};
        if (record[offset] == '\x02')
            snprintf(shown, sizeof shown, "\\x02");
        assert_memory_equal(line + column, shown, strlen(shown));
        assert_true(below - line - 1 <= 80);
        assert_true(strlen(below) - 1 <= 80);
        assert_int_equal(below[column], '^');
        free(p.text);
    }
}

static void records_are_ready_to_paste(void **state)
{
    struct ma_record mx = {"example.com", MA_MX, "MX", "10 mail.example.com.", -1, NULL};
    struct ma_record root = {".", MA_TXT, "TXT", "\"\xc3\xbc\033\"", -1, NULL};
    struct ma_record key = {"s._domainkey.example.com", MA_TXT, "TXT",
        "\"v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0B \\\" \" \"AQEFAAOCAQ8A \" \"MII\"", -1, NULL};
    struct ma_record one = {"example.com", MA_TXT, "TXT",
        "\"v=spf1 ip4:192.0.2.1 ip4:192.0.2.2 ip4:192.0.2.3 ip4:192.0.2.4 -all\"", -1, NULL};
    struct paper p;
    (void)state;
    paper_init(&p, 60);
    ma_sheet_record(&p.sheet, &mx);
    ma_sheet_record(&p.sheet, &root);
    ma_sheet_record(&p.sheet, &key);
    ma_sheet_record(&p.sheet, &one);
    assert_paper(&p,
        "example.com. IN MX 10 mail.example.com.\n"
        ". IN TXT \"\\195\\188\\027\"\n"
        "s._domainkey.example.com. IN TXT (\n"
        "    \"v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0B \\\" \"\n"
        "    \"AQEFAAOCAQ8A \"\n"
        "    \"MII\" )\n"
        "example.com. IN TXT \"v=spf1 ip4:192.0.2.1 ip4:192.0.2.2 ip4:192.0.2.3 ip4:192.0.2.4 "
        "-all\"\n");
}

static void durations_are_in_two_units_rounded_up(void **state)
{
    static const struct {
        int64_t secs;
        const char *due;
    } rows[] = {{-5, "0 s"}, {0, "0 s"}, {1, "1 s"}, {59, "59 s"}, {60, "1 min"}, {61, "1 min 1 s"},
        {300, "5 min"}, {3599, "59 min 59 s"}, {3600, "1 h"}, {3601, "1 h 1 min"},
        {5400, "1 h 30 min"}, {7199, "2 h"}, {86399, "1 day"}, {86400, "1 day"},
        {90000, "1 day 1 h"}, {172800, "2 days"}, {2147483647, "24855 days 4 h"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[MA_DURATION_MAX];
        ma_duration_text(text, rows[i].secs);
        assert_string_equal(text, rows[i].due);
    }
}

static void the_report_reads_well(void **state)
{
    struct sample s;
    (void)state;
    sample_init(&s);
    sample_count(&s);
    char *text = sample_render(&s, "text", 80);
    assert_string_equal(text,
        "84 C (could be 49 F)  xn--bcher-kva.example: 1 error, 1 unknown, 1 muted\n"
        "  1 of 41 questions unanswered, 2 not asked\n"
        "\n"
        "  domain     xn--bcher-kva.example (b\xc3\xbc"
        "cher.example)\n"
        "  addresses  192.0.2.10 (mail.example.com), 2001:db8::10 (found through the MX\n"
        "             records)\n"
        "  sender     postmaster@xn--bcher-kva.example (assumed)\n"
        "  role       sends-and-receives (inferred)\n"
        "  questions  41 asked, 1 unanswered; 2 not asked\n"
        "\n"
        "ERROR: the SPF record has a term that does not exist\n"
        "  at     xn--bcher-kva.example\n"
        "  also   www.xn--bcher-kva.example\n"
        "  seen   \"ipv4\" is no mechanism of SPF\n"
        "  where  xn--bcher-kva.example TXT\n"
        "         v=spf1 mx ipv4:192.0.2.1 -all\n"
        "                   ^^^^^^^^^^^^^^\n"
        "  why    receivers take the whole record as broken\n"
        "  fix    correct ipv4:192.0.2.1 in the record of xn--bcher-kva.example\n"
        "\n"
        "xn--bcher-kva.example. IN TXT \"v=spf1 mx ip4:192.0.2.1 -all\"\n"
        "\n"
        "         resolvers may keep the old answer for up to 1 h 30 min\n"
        "  rule   spf.bad-term; 15 points; RFC 7208 4.6.1\n"
        "\n"
        "UNKNOWN: an SPF look-up got no answer\n"
        "  at     xn--bcher-kva.example\n"
        "  seen   no answer for _spf.example.net TXT\n"
        "  why    receivers would defer the mail\n"
        "  fix    ask again later\n"
        "  rule   spf.unanswered; no points, but could be critical; RFC 7208 4.4\n"
        "\n"
        "Muted by your policy\n"
        "  WARNING: an old thing is used (xn--bcher-kva.example; spf.old): until\n"
        "    2030-01-01: planned\n"
        "\n"
        "Good\n"
        "  spf.valid                 the SPF record is valid\n"
        "\n"
        "Score\n"
        "   100  to begin with\n"
        "   -15  spf.bad-term\n"
        "    85\n"
        "    84  C, the most that an error leaves\n"
        "    49  F, if what is unknown is as bad as it can be\n");
    free(text);
    sample_clear(&s);
}

/* Whatever comes from outside, a terminal gets printable characters and line ends only. */
static void nothing_reaches_the_terminal(void **state)
{
    static const char evil[] = "\033]0;x\007 \x9b\xc2\x9b\r\t\xff\xe2\x80";
    struct sample s;
    struct ma_sender sender = {.text = evil, .host = evil};
    (void)state;
    sample_init(&s);
    s.target = (struct ma_target){.domain = evil, .unicode = "other", .sender = evil, .helo = evil};
    s.senders.list = &sender;
    s.senders.count = 1;
    s.bad->subject = s.bad->evidence = s.term.text = evil;
    s.also.text = s.old->muted = s.valid->evidence = evil;
    s.place = (struct ma_place){evil, "TXT", evil, sizeof evil - 1, 2, 5};
    s.record.owner = s.record.rdata = evil;
    s.report.label = evil;
    sample_count(&s);
    for (unsigned columns = 0; columns < 120; columns += 7) {
        char *text = sample_render(&s, "text", columns);
        for (const char *p = text; *p != '\0'; p++)
            assert_true(*p == '\n' || (*p >= 0x20 && *p < 0x7f));
        free(text);
    }
    sample_clear(&s);
}

static void a_failure_is_told_first(void **state)
{
    struct sample s = {.report = {.status = MA_REPORT_FAILED, .audited_at = -1}};
    (void)state;
    ma_arena_init(&s.arena, 4096, UNIT_ARENA_BYTES);
    s.report.failure = "no memory";
    ma_report_count(&s.report, &s.arena, NULL);
    char *text = sample_render(&s, "text", 80);
    assert_string_equal(text, "FAILED the target could not be audited: no memory\n");
    free(text);
    sample_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_break_at_spaces_only),
        cmocka_unit_test(what_is_escaped_is_measured_as_shown),
        cmocka_unit_test(spaces_of_the_evidence_are_kept),
        cmocka_unit_test(carets_stand_below_the_place),
        cmocka_unit_test(long_records_are_shown_around_the_place),
        cmocka_unit_test(records_are_ready_to_paste),
        cmocka_unit_test(durations_are_in_two_units_rounded_up),
        cmocka_unit_test(the_report_reads_well),
        cmocka_unit_test(nothing_reaches_the_terminal),
        cmocka_unit_test(a_failure_is_told_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
