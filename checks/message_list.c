/* SPDX-License-Identifier: MIT */
/* message_list.c - mail to many: can one unsubscribe by one click (RFC 8058)? */
#include "message_check.h"

#include <string.h>

#define POST_VALUE "List-Unsubscribe=One-Click"

/* What is there of it. */
struct one_click {
    const struct ma_mail_field *unsubscribe, *post; /* or NULL */
    struct ma_span https;                           /* in unsubscribe; size 0: none */
    bool post_good;
};

/* The first <https://...> of a List-Unsubscribe. */
static struct ma_span find_https(const struct ma_mail_field *f)
{
    static const char scheme[] = "https:";
    const char *end = f->bytes + f->size;
    for (const char *p = f->bytes; (p = memchr(p, '<', (size_t)(end - p))) != NULL; p++) {
        const char *close = memchr(p, '>', (size_t)(end - p));
        if (close == NULL)
            break;
        struct ma_span s = {(size_t)(p + 1 - f->bytes), (size_t)(close - p - 1)};
        struct ma_span head = {s.offset, sizeof scheme - 1};
        if (s.size > head.size && ma_span_is_nocase(f->bytes, head, scheme))
            return s;
    }
    return (struct ma_span){0, 0};
}

static struct one_click look(const struct ma_mail *mail)
{
    struct one_click c = {.unsubscribe = ma_mail_find(mail, "List-Unsubscribe"),
        .post = ma_mail_find(mail, "List-Unsubscribe-Post")};
    if (c.unsubscribe != NULL)
        c.https = find_https(c.unsubscribe);
    if (c.post != NULL)
        c.post_good = ma_span_is_nocase(
            c.post->bytes, ma_span_trim(c.post->bytes, c.post->value), POST_VALUE);
    return c;
}

/* Mail to subscribers. A list on which many write is not asked for it. */
static bool is_bulk(const struct ma_mail *mail, const struct one_click *c)
{
    const struct ma_mail_field *p = ma_mail_find(mail, "Precedence");
    if (ma_mail_find(mail, "List-Post") != NULL)
        return false;
    return c->unsubscribe != NULL || c->post != NULL || ma_mail_find(mail, "List-Id") != NULL ||
           ma_mail_find(mail, "Feedback-ID") != NULL ||
           (p != NULL && ma_span_is_nocase(p->bytes, ma_span_trim(p->bytes, p->value), "bulk"));
}

/* The signature that covers both fields: one that counts, before one that may. NULL: none. */
static const struct message_signature *cover(const struct message *m, enum message_truth good)
{
    const struct message_signature *found = NULL;
    for (size_t i = 0; i < m->signature_count; i++) {
        const struct message_signature *s = &m->signatures[i];
        if (s->good != good || ma_signature_names(s->is, "list-unsubscribe") == 0 ||
            ma_signature_names(s->is, "list-unsubscribe-post") == 0)
            continue;
        if (found == NULL || message_counts(s, MESSAGE_RFC9989) == MESSAGE_YES)
            found = s;
    }
    return found;
}

static void report_cover(struct message *m)
{
    const struct message_signature *by = cover(m, MESSAGE_YES);
    const char *where = "List-Unsubscribe-Post";
    if (by != NULL) {
        ma_put(ma_object(m->result, "one_click"), "signed_by", by->is->domain);
        message_report(m, MESSAGE_ONE_CLICK, where, ma_text(m->run, "signed by %s", by->label));
        return;
    }
    by = cover(m, MESSAGE_UNKNOWN);
    if (by == NULL) {
        message_report(m, MESSAGE_ONE_CLICK_UNSIGNED, where,
            m->signature_count == 0 ? "the message is not signed"
                                    : "no valid signature names both fields in h=");
        return;
    }
    struct ma_finding *f = message_report(m, MESSAGE_ONE_CLICK_UNKNOWN, where, by->label);
    if (by->answer != NULL && by->answer->status == MA_FAILED)
        ma_failed(f, by->answer);
}

void message_report_one_click(struct message *m)
{
    struct one_click c = look(m->mail);
    struct ma_data *row = ma_object(m->result, "one_click");
    ma_put_bool(row, "unsubscribe", c.unsubscribe != NULL);
    if (c.https.size > 0)
        ma_put_bytes(row, "https", c.unsubscribe->bytes + c.https.offset, c.https.size);
    ma_put_bool(row, "post", c.post_good);
    if (c.https.size > 0 && c.post_good) {
        report_cover(m);
        return;
    }
    if (!is_bulk(m->mail, &c))
        return;
    const char *what = c.unsubscribe == NULL ? "there is no List-Unsubscribe"
                       : c.https.size == 0   ? "List-Unsubscribe has no https: address"
                       : c.post == NULL      ? "there is no List-Unsubscribe-Post"
                                             : "List-Unsubscribe-Post has another value";
    message_report(m, MESSAGE_ONE_CLICK_MISSING, "List-Unsubscribe", what);
}
