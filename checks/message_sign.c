/* SPDX-License-Identifier: MIT */
/* message_sign.c - the signatures: their keys asked for, what they are worth, and what is told. */
#include "message_check.h"

#include "message/maildate.h"

#include <string.h>

#define CLOCK_DRIFT_SECS 300 /* what verifiers forgive, such as OpenDKIM */
#define WEAK_KEY_BITS    2048
#define EXCERPT_MAX      60

/* ---- asking ---------------------------------------------------------------------------------- */

void message_ask_keys(struct message *m)
{
    m->signature_count = m->mail->signature_count;
    for (size_t i = 0; i < m->signature_count; i++) {
        struct message_signature *s = &m->signatures[i];
        s->is = &m->mail->signatures[i];
        s->label = s->is->domain[0] != '\0' && s->is->selector[0] != '\0'
                       ? ma_text(m->run, "d=%s s=%s (line %zu)", s->is->domain, s->is->selector,
                             s->is->field->line)
                       : ma_text(m->run, "DKIM-Signature (line %zu)", s->is->field->line);
        if (s->is->fault != MA_SIGNATURE_GOOD || s->is->algorithm == MA_RSA_SHA1)
            continue; /* no key can make it good */
        s->answer = ma_dns(m->run, MA_TXT, "%s._domainkey.%s", s->is->selector, s->is->domain);
        m->pending |= s->answer->status == MA_PENDING;
    }
}

/* ---- judging --------------------------------------------------------------------------------- */

static struct ma_key_record key_of(const struct ma_answer *a)
{
    if (a == NULL)
        return (struct ma_key_record){.answer = MA_KEY_ANSWER_NONE};
    if (a->status == MA_FAILED)
        return (struct ma_key_record){.answer = MA_KEY_ANSWER_FAILED};
    if (a->rr_count == 0)
        return (struct ma_key_record){.answer = MA_KEY_ANSWER_NONE};
    if (a->rr_count > 1)
        return (struct ma_key_record){.answer = MA_KEY_ANSWER_SEVERAL};
    return (struct ma_key_record){MA_KEY_ANSWER_RECORD, a->rrs[0].txt.bytes, a->rrs[0].txt.size};
}

static bool is_too_early(const struct message *m, const struct message_signature *s)
{
    return s->is->made_secs > m->at_secs + CLOCK_DRIFT_SECS;
}

static enum message_truth is_good(const struct message *m, const struct message_signature *s)
{
    switch (s->verdict->result) {
    case MA_SIGNATURE_PASS:
        return s->verdict->expired || is_too_early(m, s) ? MESSAGE_NO : MESSAGE_YES;
    case MA_SIGNATURE_TEMPERROR:
    case MA_SIGNATURE_UNCHECKED:
        return MESSAGE_UNKNOWN;
    default:
        return MESSAGE_NO;
    }
}

void message_judge_signatures(struct message *m)
{
    struct ma_key_record keys[MA_MAIL_SIGNATURES_MAX];
    for (size_t i = 0; i < m->signature_count; i++)
        keys[i] = key_of(m->signatures[i].answer);
    const struct ma_verdict *verdicts = ma_ask_verdicts(m->run, m->mail, keys, m->at_secs);
    const struct ma_verdict *untagged = message_untagged(m, keys, verdicts);
    for (size_t i = 0; i < m->signature_count; i++) {
        struct message_signature *s = &m->signatures[i];
        s->verdict = &verdicts[i];
        s->untagged = untagged != NULL ? &untagged[i] : NULL;
        s->good = is_good(m, s);
        s->body_size = ma_mail_body_size(m->mail, s->is);
        s->signed_size = s->body_size;
        if (s->is->has_length && s->is->length_bytes < s->body_size)
            s->signed_size = (size_t)s->is->length_bytes;
    }
}

enum message_truth message_counts(const struct message_signature *s, enum message_reading reading)
{
    enum message_truth aligned = s->alignment.relaxed[reading];
    if (s->good == MESSAGE_NO || aligned == MESSAGE_NO)
        return MESSAGE_NO;
    return s->good == MESSAGE_YES && aligned == MESSAGE_YES ? MESSAGE_YES : MESSAGE_UNKNOWN;
}

/* ---- findings -------------------------------------------------------------------------------- */

static enum message_rule rule_of(enum ma_signature_why why)
{
    static const struct {
        enum ma_signature_why why;
        enum message_rule rule;
    } rules[] = {
        {MA_WHY_GATE, MESSAGE_BAD_SIGNATURE},
        {MA_WHY_SHA1, MESSAGE_SHA1},
        {MA_WHY_NO_KEY, MESSAGE_NO_KEY},
        {MA_WHY_LOOKUP, MESSAGE_KEY_UNKNOWN},
        {MA_WHY_LIBRARY, MESSAGE_NOT_CHECKED},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i].why == why)
            return rules[i].rule;
    return MESSAGE_BAD_KEY;
}

/* The tag that is wrong, in one line. */
static const char *wrong_tag(struct message *m, const struct ma_signature *s)
{
    bool one = s->fault == MA_SIGNATURE_SYNTAX || s->fault == MA_SIGNATURE_DUPLICATE;
    if (!one || s->at.size == 0)
        return "";
    size_t size = s->at.size < EXCERPT_MAX ? s->at.size : EXCERPT_MAX;
    char *text = ma_alloc(m->run, size + 1);
    for (size_t i = 0; i < size; i++) {
        char c = s->field->bytes[s->at.offset + i];
        text[i] = ma_is_blank(c) ? ' ' : c;
    }
    return ma_text(m->run, ": '%s'%s", text, size < s->at.size ? "..." : "");
}

static const char *failure_of(struct message *m, const struct message_signature *s)
{
    enum ma_signature_why why = s->verdict->why;
    const struct ma_answer *a = s->answer;
    if (why == MA_WHY_GATE)
        return ma_text(
            m->run, "%s%s", ma_signature_fault_phrase(s->is->fault), wrong_tag(m, s->is));
    if (why == MA_WHY_LIBRARY && ma_signature_names(s->is, "DKIM-Signature") > 0)
        return "h= names DKIM-Signature itself";
    if (a == NULL || why == MA_WHY_LIBRARY)
        return ma_signature_why_phrase(why);
    return ma_text(m->run, "%s TXT: %s", a->name,
        a->status == MA_FAILED ? ma_failure_phrase(a->failure) : ma_signature_why_phrase(why));
}

static void report_failure(struct message *m, const struct message_signature *s)
{
    enum ma_signature_why why = s->verdict->why;
    if (why == MA_WHY_BODY || why == MA_WHY_HEADER) {
        message_report_change(m, s);
        return;
    }
    struct ma_finding *f = message_report(m, rule_of(why), s->label, failure_of(m, s));
    if (s->answer == NULL)
        return;
    ma_fix(f, "key", "%s", s->answer->name);
    ma_fix(f, "signer", "%s", s->is->domain);
    ma_fix(f, "selector", "%s", s->is->selector);
    if (s->answer->status == MA_FAILED)
        ma_failed(f, s->answer);
}

static const char *date(struct message *m, int64_t secs)
{
    char text[MA_MAIL_DATE_MAX];
    ma_mail_date_print(text, secs);
    return ma_text(m->run, "%s", text[0] != '\0' ? text : "beyond all dates");
}

static void report_time(struct message *m, const struct message_signature *s,
    enum message_rule rule, const char *tag, int64_t secs)
{
    bool holds = s->verdict->result == MA_SIGNATURE_PASS;
    message_report(m, rule, s->label,
        ma_text(m->run, "%s is %s, the message came in %s; %s", tag, date(m, secs),
            date(m, m->at_secs), holds ? "apart from that it holds" : "nor does it hold"));
}

static void report_times(struct message *m, const struct message_signature *s)
{
    if (s->verdict->expired)
        report_time(m, s, MESSAGE_EXPIRED, "x=", s->is->expires_secs);
    if (is_too_early(m, s))
        report_time(m, s, MESSAGE_FUTURE, "t=", s->is->made_secs);
}

static void report_length(struct message *m, const struct message_signature *s)
{
    if (!s->is->has_length)
        return;
    if (s->signed_size < s->body_size)
        message_report(m, MESSAGE_TAIL, s->label,
            ma_text(m->run, "l=%zu: %zu of the body's %zu bytes are not signed", s->signed_size,
                s->body_size - s->signed_size, s->body_size));
    else
        message_report(m, MESSAGE_LENGTH, s->label,
            ma_text(
                m->run, "l=%llu, as long as the body", (unsigned long long)s->is->length_bytes));
}

/* What is to be said of a signature that holds. */
static void report_weakness(struct message *m, const struct message_signature *s)
{
    report_length(m, s);
    if (ma_mail_count(m->mail, "Subject") > 0 && ma_signature_names(s->is, "subject") == 0)
        message_report(m, MESSAGE_SUBJECT_UNSIGNED, s->label, "h= does not name Subject");
    if (s->verdict->key_testing)
        ma_fix(message_report(
                   m, MESSAGE_TESTING_KEY, s->label, ma_text(m->run, "t=y in %s", s->answer->name)),
            "key", "%s", s->answer->name);
    if (s->is->algorithm == MA_RSA_SHA256 && s->verdict->key_bits < WEAK_KEY_BITS)
        ma_fix(message_report(m, MESSAGE_WEAK_KEY, s->label,
                   ma_text(m->run, "RSA, %u bits", s->verdict->key_bits)),
            "key", "%s", s->answer->name);
}

static const char *strength(struct message *m, const struct message_signature *s)
{
    const char *name = s->is->algorithm == MA_ED25519_SHA256 ? "ed25519-sha256" : "rsa-sha256";
    return ma_text(m->run, "%s, %u bits", name, s->verdict->key_bits);
}

static void report_signature(struct message *m, const struct message_signature *s)
{
    enum message_truth aligned = s->alignment.relaxed[MESSAGE_RFC9989];
    report_times(m, s);
    if (s->verdict->result != MA_SIGNATURE_PASS) {
        report_failure(m, s);
        return;
    }
    report_weakness(m, s);
    if (s->good == MESSAGE_YES && aligned == MESSAGE_YES)
        ma_report_also(m->run, &message_rules[MESSAGE_SIGNED], s->label, "%s", strength(m, s));
    if (s->good == MESSAGE_YES && aligned == MESSAGE_NO && m->author != NULL)
        ma_report_also(m->run, &message_rules[MESSAGE_OTHER_DOMAIN], s->label,
            "%s does not belong to %s, the domain in From", s->is->domain, m->author);
}

/* One more From could be put on top, and the signature would hold. */
static void report_oversigning(struct message *m)
{
    const struct message_signature *first = NULL;
    size_t there = ma_mail_count(m->mail, "From");
    for (size_t i = 0; i < m->signature_count; i++) {
        const struct message_signature *s = &m->signatures[i];
        if (message_counts(s, MESSAGE_RFC9989) != MESSAGE_YES)
            continue;
        if (ma_signature_names(s->is, "from") > there)
            return;
        first = first != NULL ? first : s;
    }
    if (first != NULL && there == 1)
        message_report(m, MESSAGE_NOT_OVERSIGNED, first->label,
            "h= names From no more often than it is there");
}

void message_report_signatures(struct message *m)
{
    if (m->signature_count == 0 && message_may_pass(m)) /* else that is said already */
        ma_fix(message_report(m, MESSAGE_UNSIGNED, "DKIM-Signature", "there is no such field"),
            "signer", "%s", m->author != NULL ? m->author : "the author's domain");
    for (size_t i = 0; i < m->signature_count; i++)
        report_signature(m, &m->signatures[i]);
    report_oversigning(m);
    if (m->mail->signatures_left_out > 0)
        message_report(m, MESSAGE_MANY_SIGNATURES, "DKIM-Signature",
            ma_text(m->run, "%zu more than the %d that are checked", m->mail->signatures_left_out,
                MA_MAIL_SIGNATURES_MAX));
}
