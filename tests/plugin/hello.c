/* SPDX-License-Identifier: MIT */
/* The smallest plug-in: it looks for a TXT record at _hello and says what it found. */
#include <mailaudit/check.h>

static const struct ma_rule rules[] = {
    {
        .id = "hello.found",
        .severity = MA_PASS,
        .title = "the domain says hello",
        .why = "a plug-in can see what the built-in checks see",
        .reference = "docs/plugins.md",
    },
    {
        .id = "hello.missing",
        .severity = MA_NOTICE,
        .title = "the domain does not say hello",
        .why = "a plug-in can report what the built-in checks report",
        .fix = "publish a TXT record at _hello.{domain}",
        .reference = "docs/plugins.md",
    },
    {
        .id = "hello.unknown",
        .severity = MA_UNKNOWN,
        .could_be = MA_NOTICE,
        .title = "could not see whether the domain says hello",
        .why = "a look-up that failed proves nothing",
        .fix = "try again once the name servers of {domain} answer",
        .reference = "docs/plugins.md",
    },
};

static void hello_run(struct ma_run *run)
{
    const char *domain = ma_target(run)->domain;
    const struct ma_answer *answer = ma_dns(run, MA_TXT, "_hello.%s", domain);

    if (answer->status == MA_FAILED) {
        ma_put(ma_result(run), "state", "unknown");
        ma_failed(
            ma_report(run, &rules[2], domain, "%s", ma_failure_phrase(answer->failure)), answer);
        return;
    }
    if (answer->status != MA_OK) {
        ma_put(ma_result(run), "state", "missing");
        ma_publish(ma_report(run, &rules[1], domain, "there is no TXT record at %s", answer->name),
            answer->name, MA_TXT, "\"hello\"");
        return;
    }
    ma_put(ma_result(run), "state", "found");
    for (size_t i = 0; i < answer->rr_count; i++)
        ma_append_text(ma_result(run), "texts", answer->rrs[i].txt.bytes);
    ma_report(run, &rules[0], domain, "%s", answer->rrs[0].txt.bytes);
}

MA_CHECK(hello, .area = "hello", .title = "Greeting",
    .empty_result = "{ \"state\": \"missing\", \"texts\": [] }", .rules = rules,
    .rule_count = sizeof rules / sizeof rules[0], .run = hello_run);
