/* SPDX-License-Identifier: MIT */
#include "received.h"

#include "maildate.h"
#include "words.h"

#include <string.h>
#include <strings.h>

#define ADDRESS_BYTES_MAX 48
#define COMMENT_WORDS_MAX 64

/* ---- addresses ------------------------------------------------------------------------------- */

static bool read_address(struct ma_received *r, const char *bytes, struct ma_span s)
{
    static const char tag[] = "IPv6:";
    char text[ADDRESS_BYTES_MAX];
    size_t skip = sizeof tag - 1;
    if (s.size > skip && strncasecmp(bytes + s.offset, tag, skip) == 0)
        s = (struct ma_span){s.offset + skip, s.size - skip};
    if (r->has_address || s.size >= sizeof text)
        return false;
    memcpy(text, bytes + s.offset, s.size);
    text[s.size] = '\0';
    r->has_address = ma_address_parse(&r->address, text);
    return r->has_address;
}

static uint32_t first_bits(const uint8_t bytes[static 4])
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Networks behind somebody's border. Those of documentation are not: they stand in examples for the
   world. */
static bool is_internal(const struct ma_address *a)
{
    static const struct {
        uint8_t family, bits, bytes[4];
    } nets[] = {
        {4, 8, {10}},                /* RFC 1918 */
        {4, 8, {127}},               /* RFC 1122 3.2.1.3 */
        {4, 10, {100, 64}},          /* RFC 6598 */
        {4, 16, {169, 254}},         /* RFC 3927 */
        {4, 12, {172, 16}},          /* RFC 1918 */
        {4, 16, {192, 168}},         /* RFC 1918 */
        {6, 24, {0x20, 0x02, 10}},   /* 10/8 in 6to4 (RFC 3056), inside Google */
        {6, 24, {0x26, 0x03, 0x10}}, /* Exchange Online's hosts among themselves;
                                               they send to others from other networks */
        {6, 7, {0xfc}},              /* RFC 4193 */
        {6, 10, {0xfe, 0x80}},       /* RFC 4291 2.5.6 */
    };
    static const uint8_t loopback[16] = {[15] = 1};
    uint32_t bits = first_bits(a->bytes);
    for (size_t i = 0; i < sizeof nets / sizeof *nets; i++)
        if (nets[i].family == a->family &&
            (bits ^ first_bits(nets[i].bytes)) >> (32 - nets[i].bits) == 0)
            return true;
    return a->family == 6 && memcmp(a->bytes, loopback, sizeof loopback) == 0;
}

/* ---- comments -------------------------------------------------------------------------------- */

/* "helo=NAME", "HELO NAME", "envelope-from <a@b>", an address with brackets or without. */
struct comment {
    struct ma_received *received;
    struct ma_arena *arena;
    const char *bytes;
    const char **awaited; /* what the next word is kept as, or NULL */
};

static bool is_word(const struct comment *c, struct ma_span s, const char *a, const char *b)
{
    return ma_span_is_nocase(c->bytes, s, a) || ma_span_is_nocase(c->bytes, s, b);
}

static void take_comment_atom(struct comment *c, struct ma_span s)
{
    struct ma_received *r = c->received;
    if (c->awaited != NULL) {
        if (*c->awaited == NULL)
            *c->awaited = ma_word_text(c->arena, c->bytes, s);
        c->awaited = NULL;
    } else if (is_word(c, s, "helo", "ehlo")) {
        c->awaited = &r->helo;
    } else if (is_word(c, s, "envelope-from", "envelope-sender")) {
        c->awaited = &r->envelope_from;
    } else {
        read_address(r, c->bytes, s);
    }
}

static void read_comment(
    struct ma_received *r, struct ma_arena *arena, const char *bytes, struct ma_span s)
{
    struct comment c = {.received = r, .arena = arena, .bytes = bytes};
    struct ma_words words;
    struct ma_word w;
    ma_words_init(&words, bytes, s, "<>;=,");
    for (unsigned n = 0; n < COMMENT_WORDS_MAX && ma_words_next(&words, &w); n++) {
        if (w.kind == MA_WORD_LITERAL && c.awaited == NULL)
            read_address(r, bytes, w.at);
        else if (w.kind == MA_WORD_LITERAL) /* HELO [192.0.2.1] */
            take_comment_atom(&c, (struct ma_span){w.at.offset - 1, w.at.size + 2});
        else if (w.kind == MA_WORD_ATOM)
            take_comment_atom(&c, w.at);
        else if (w.special == '>' && c.awaited == &r->envelope_from && *c.awaited == NULL)
            *c.awaited = ""; /* <> */
    }
}

/* ---- a field --------------------------------------------------------------------------------- */

/* Which of "from", "by", "with" the words belong to. */
struct clause {
    struct ma_received *received;
    struct ma_arena *arena;
    const char *bytes;
    const char **awaited;
    bool in_from;
};

static void take_atom(struct clause *c, struct ma_span s)
{
    struct ma_received *r = c->received;
    const char **first = c->awaited;
    c->awaited = NULL;
    if (first != NULL && *first == NULL)
        *first = ma_word_text(c->arena, c->bytes, s);
    else if (ma_span_is_nocase(c->bytes, s, "from") && r->from == NULL) {
        c->awaited = &r->from;
        c->in_from = true;
    } else if (ma_span_is_nocase(c->bytes, s, "by") && r->by == NULL) {
        c->awaited = &r->by;
        c->in_from = false;
    } else if (ma_span_is_nocase(c->bytes, s, "with") && r->with == NULL) {
        c->awaited = &r->with;
        c->in_from = false;
    }
}

static void take_word(struct clause *c, const struct ma_word *w)
{
    switch (w->kind) {
    case MA_WORD_ATOM:
        take_atom(c, w->at);
        break;
    case MA_WORD_LITERAL: /* from [192.0.2.1] */
        if (c->in_from)
            read_address(c->received, c->bytes, w->at);
        if (c->awaited != NULL)
            take_atom(c, (struct ma_span){w->at.offset - 1, w->at.size + 2});
        break;
    case MA_WORD_COMMENT: /* of another clause it may hold the sender, but not the client */
        if (!c->in_from)
            c->received->has_address = true;
        read_comment(c->received, c->arena, c->bytes, w->at);
        break;
    default:
        break;
    }
}

static void read_field(
    struct ma_received *r, struct ma_arena *arena, const struct ma_mail_field *field)
{
    struct ma_words words;
    struct ma_word w;
    struct clause c = {.received = r, .arena = arena, .bytes = field->bytes};
    *r = (struct ma_received){.field = field, .at_secs = -1};
    bool found = false;
    ma_words_init(&words, field->bytes, field->value, ";<>");
    while (ma_words_next(&words, &w) && w.special != ';') {
        bool had = found;
        take_word(&c, &w);
        found = had || (c.in_from && r->has_address);
        r->has_address = found;
    }
    if (!found && r->from != NULL) /* from 192.0.2.1 (EHLO h.example) by ... */
        found = read_address(r, r->from, (struct ma_span){0, strlen(r->from)});
    if (r->helo == NULL)
        r->helo = r->from;
    r->internal = found && is_internal(&r->address);
    r->at_secs = ma_mail_date(field->bytes, (struct ma_span){words.at, words.end - words.at});
}

void ma_received_read(struct ma_received_chain *c, struct ma_arena *arena, const struct ma_mail *m)
{
    *c = (struct ma_received_chain){.count = 0};
    for (size_t i = 0; i < m->field_count; i++) {
        if (!ma_mail_field_is(&m->fields[i], "Received"))
            continue;
        if (c->count == MA_RECEIVED_MAX) {
            c->left_out++;
            continue;
        }
        struct ma_received *r = &c->list[c->count++];
        read_field(r, arena, &m->fields[i]);
        if (c->taken == NULL && r->has_address && !r->internal)
            c->taken = r;
    }
}
