/* SPDX-License-Identifier: MIT */
/* message_broken.c - what was changed on the way, so that a signature does not hold any more. */
#include "message_check.h"

#include <string.h>
#include <strings.h>

#define LIST_NAME_MAX 200
#define EXCERPT_MAX   60
#define TAG_WITHIN    40 /* bytes of a Subject in which a tag begins */
#define TAG_SHOWN     60

/* ---- the Subject ----------------------------------------------------------------------------- */

/* What lists put in front of it: "[lunch] ", perhaps behind "Re:". Size 0: nothing. */
static struct ma_span find_tag(const struct ma_mail_field *f)
{
    struct ma_span none = {0, 0}, v = ma_span_trim(f->bytes, f->value);
    const char *value = f->bytes + v.offset, *end = value + v.size;
    const char *open = memchr(value, '[', v.size < TAG_WITHIN ? v.size : TAG_WITHIN);
    const char *close = open != NULL ? memchr(open, ']', (size_t)(end - open)) : NULL;
    if (close == NULL)
        return none;
    while (close + 1 < end && ma_is_blank(close[1]))
        close++;
    return (struct ma_span){(size_t)(open - f->bytes), (size_t)(close + 1 - open)};
}

static const char *tag_text(struct message *m)
{
    const struct ma_mail_field *f = ma_mail_find(m->mail, "Subject");
    struct ma_span tag = ma_span_trim(f->bytes, find_tag(f));
    return ma_bytes_text(
        m->run, f->bytes + tag.offset, tag.size < TAG_SHOWN ? tag.size : TAG_SHOWN);
}

/* The message as it may have been before. NULL: there is no tag. */
static const struct ma_mail *without_tag(struct message *m)
{
    const struct ma_mail_field *subject = ma_mail_find(m->mail, "Subject");
    struct ma_span tag = subject != NULL ? find_tag(subject) : (struct ma_span){0, 0};
    if (tag.size == 0)
        return NULL;
    struct ma_mail *copy = ma_alloc(m->run, sizeof *copy);
    struct ma_mail_field *fields = ma_alloc(m->run, m->mail->field_count * sizeof *fields);
    char *bytes = ma_alloc(m->run, subject->size);
    memcpy(fields, m->mail->fields, m->mail->field_count * sizeof *fields);
    memcpy(bytes, subject->bytes, tag.offset);
    memcpy(bytes + tag.offset, subject->bytes + tag.offset + tag.size,
        subject->size - tag.offset - tag.size);
    struct ma_mail_field *changed = &fields[subject - m->mail->fields];
    changed->bytes = bytes;
    changed->size -= tag.size;
    changed->value.size -= tag.size;
    *copy = *m->mail;
    copy->fields = fields;
    for (size_t i = 0; i < copy->signature_count; i++)
        copy->signatures[i].field = &fields[m->mail->signatures[i].field - m->mail->fields];
    return copy;
}

const struct ma_verdict *message_untagged(
    struct message *m, const struct ma_key_record *keys, const struct ma_verdict *verdicts)
{
    bool of_use = false;
    for (size_t i = 0; i < m->signature_count; i++)
        of_use |= verdicts[i].why == MA_WHY_HEADER &&
                  ma_signature_names(m->signatures[i].is, "subject") > 0;
    const struct ma_mail *mail = of_use ? without_tag(m) : NULL;
    return mail != NULL ? ma_ask_verdicts(m->run, mail, keys, m->at_secs) : NULL;
}

/* ---- who did what ---------------------------------------------------------------------------- */

/* Who may have done it: "the list announce.example.org", "a host on the way". */
static const char *changer(struct message *m)
{
    const struct ma_mail_field *f = ma_mail_find(m->mail, "List-Id");
    if (f == NULL || f->value.size > LIST_NAME_MAX)
        return ma_mail_find(m->mail, "List-Post") != NULL ? "the mailing list"
                                                          : "the host that changed it";
    struct ma_span s = ma_span_trim(f->bytes, f->value);
    return ma_text(
        m->run, "the mailing list %s", ma_bytes_text(m->run, f->bytes + s.offset, s.size));
}

/* "; it still passed at fwd.example.org (line 4)": who says so may be lying. */
static const char *last_pass(struct message *m, const struct message_signature *s)
{
    for (size_t i = 0; i < m->facts->results.count; i++) {
        const struct ma_results *r = &m->facts->results.list[i];
        for (size_t k = 0; k < r->item_count; k++) {
            const char *domain = ma_result_property(&r->items[k], "header.d");
            if (strcmp(r->items[k].method, "dkim") == 0 && domain != NULL &&
                strcasecmp(domain, s->is->domain) == 0 && strcmp(r->items[k].result, "pass") == 0)
                return ma_text(m->run, "; it still passed at %s (line %zu)",
                    *r->server != '\0' ? r->server : "a host without a name", r->field->line);
        }
    }
    return "";
}

/* What stands behind the signed part, in one line. */
static const char *added_text(struct message *m, size_t from)
{
    char text[EXCERPT_MAX + 1];
    size_t n = 0;
    for (size_t i = from; i < m->mail->body_size && n < EXCERPT_MAX; i++) {
        char c = m->mail->body[i];
        if (!ma_is_blank(c))
            text[n++] = c;
        else if (n > 0 && text[n - 1] != ' ')
            text[n++] = ' ';
    }
    while (n > 0 && text[n - 1] == ' ')
        n--;
    text[n] = '\0';
    return ma_text(m->run, "'%s'%s", text, n == EXCERPT_MAX ? "..." : "");
}

/* How much was put behind it, where that is all. */
static const char *body_change(struct message *m, const struct message_signature *s)
{
    size_t part = ma_mail_body_signed(m->mail, s->is), lines = 0;
    if (part == 0 || part == m->mail->body_size)
        return "the hash of the body is another";
    for (size_t i = part; i < m->mail->body_size; i++)
        lines += m->mail->body[i] == '\n';
    const char *text = added_text(m, part);
    if (lines == 1)
        return ma_text(m->run, "the last line of the body was added: %s", text);
    return ma_text(m->run, "the last %zu lines of the body were added: %s", lines, text);
}

/* Do the header and the signature fit once the tag is taken out? */
static bool holds_untagged(const struct message_signature *s)
{
    return s->untagged != NULL &&
           (s->untagged->result == MA_SIGNATURE_PASS || s->untagged->why == MA_WHY_BODY);
}

void message_report_change(struct message *m, const struct message_signature *s)
{
    enum message_rule rule = MESSAGE_ALL_CHANGED;
    const char *evidence;
    if (s->verdict->why == MA_WHY_BODY) {
        rule = MESSAGE_BODY_CHANGED;
        evidence = ma_text(m->run, "the header is as it was signed; %s", body_change(m, s));
    } else if (holds_untagged(s)) {
        rule = MESSAGE_SUBJECT_CHANGED;
        evidence = ma_text(m->run, "without '%s' in the Subject the header is as it was signed%s%s",
            tag_text(m), s->verdict->body_matches ? "" : "; ",
            s->verdict->body_matches ? "" : body_change(m, s));
    } else if (s->verdict->body_matches) {
        rule = MESSAGE_HEADER_CHANGED;
        evidence = "the body is as it was signed, the signature does not fit";
    } else {
        evidence = ma_text(m->run, "the signature does not fit; %s", body_change(m, s));
    }
    struct ma_finding *f =
        message_report(m, rule, s->label, ma_text(m->run, "%s%s", evidence, last_pass(m, s)));
    ma_fix(f, "who", "%s", changer(m));
}
