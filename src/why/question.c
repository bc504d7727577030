/* SPDX-License-Identifier: MIT */
#include "question.h"

#include <string.h>
#include <strings.h>

#define NIBBLES 32
#define SHOWN   "%.200s"

struct reader {
    struct ma_why_question *q;
    struct ma_arena *arena;
    FILE *err;
    const char *name; /* a host name that may be the receiver or the sender's domain */
};

/* ---- values ---------------------------------------------------------------------------------- */

/* "2.0.0.1.0.d.b.8...": how %{i} writes IPv6 (RFC 7208 7.3). text_r: the usual form. */
static bool read_nibbles(char text_r[40], const char *text)
{
    char *to = text_r;
    if (strlen(text) != 2 * NIBBLES - 1)
        return false;
    for (size_t i = 0; i < NIBBLES; i++) {
        char c = text[2 * i];
        if (strchr("0123456789abcdefABCDEF", c) == NULL || (i > 0 && text[2 * i - 1] != '.'))
            return false;
        if (i > 0 && i % 4 == 0)
            *to++ = ':';
        *to++ = c;
    }
    *to = '\0';
    return true;
}

/* An IP address in any of the forms that are about; a copy in the arena, or NULL. */
static const char *address_of(struct ma_arena *arena, const char *text)
{
    struct ma_address address;
    char plain[64] = "";
    size_t size = strlen(text);
    if (size > 1 && text[0] == '[' && text[size - 1] == ']') {
        text++;
        size -= 2;
    }
    if (size > 5 && strncasecmp(text, "IPv6:", 5) == 0) { /* RFC 5321 4.1.3 */
        text += 5;
        size -= 5;
    }
    if (size >= sizeof plain)
        return NULL;
    memcpy(plain, text, size);
    plain[size] = '\0';
    if (ma_address_parse(&address, plain))
        return ma_arena_strdup(arena, plain);
    char nibbles[40];
    if (read_nibbles(nibbles, plain) && ma_address_parse(&address, nibbles))
        return ma_arena_strdup(arena, nibbles);
    return NULL;
}

/* "a@example.com" or "<a@example.com>", without blanks and control characters; "<>". */
static bool is_mailbox(const char *text)
{
    const char *at = strrchr(text, '@');
    for (const char *p = text; *p != '\0'; p++)
        if ((unsigned char)*p <= ' ' || *p == 0x7F)
            return false;
    return (at != NULL && at[1] != '\0') || strcmp(text, "<>") == 0;
}

/* A receiver is told of, never asked: what is no host name is left out. */
static const char *receiver_of(const char *text)
{
    const char *at = strrchr(text, '@'); /* some put the recipient there */
    const char *name = at != NULL ? at + 1 : text;
    return ma_is_hostname(name) ? name : NULL;
}

/* ---- parameters ------------------------------------------------------------------------------ */

static bool say_bad(
    struct reader *r, const struct ma_why_link *link, enum ma_link_key key, const char *what)
{
    const char *value = link->values[key];
    if (strstr(value, "%{") != NULL)
        what = "holds a macro that the receiver should have filled in";
    fprintf(r->err, "why: %s=" SHOWN ": %s\n", link->keys[key], value, what);
    return false;
}

static bool take_helo_identity(struct reader *r, const struct ma_why_link *link)
{
    const char *id = link->values[MA_LINK_SENDER];
    r->q->of_helo = true;
    r->q->sender = "";
    if (id == NULL)
        return true; /* the name may be there as helo= */
    const char *at = strrchr(id, '@');
    r->q->helo = at != NULL ? at + 1 : id;
    return ma_is_hostname(r->q->helo) || say_bad(r, link, MA_LINK_SENDER, "not a host name");
}

static bool take_sender(struct reader *r, const struct ma_why_link *link)
{
    const char *id = link->values[MA_LINK_SENDER];
    if (id == NULL)
        return true;
    r->q->sender = id;
    if (*id == '\0' || (is_mailbox(id) && strstr(id, "%{") == NULL))
        return true;
    if (!ma_is_hostname(id))
        return say_bad(r, link, MA_LINK_SENDER, "neither a mail address nor a domain");
    r->q->sender = ma_arena_printf(r->arena, "postmaster@%s", id); /* RFC 7208 4.3 */
    return r->q->sender != NULL;
}

static bool take_link(struct reader *r, const struct ma_why_link *link)
{
    const char *scope = link->values[MA_LINK_SCOPE], *ip = link->values[MA_LINK_ADDRESS];
    const char *helo = link->values[MA_LINK_HELO], *receiver = link->values[MA_LINK_RECEIVER];
    bool of_helo =
        scope != NULL && (strcasecmp(scope, "helo") == 0 || strcasecmp(scope, "ehlo") == 0);
    if (of_helo ? !take_helo_identity(r, link) : !take_sender(r, link))
        return false;
    if (r->q->helo == NULL && helo != NULL && ma_is_hostname(helo))
        r->q->helo = helo;
    if (receiver != NULL)
        r->q->receiver = receiver_of(receiver);
    if (ip != NULL && *ip != '\0') {
        r->q->address = address_of(r->arena, ip);
        if (r->q->address == NULL)
            return say_bad(r, link, MA_LINK_ADDRESS, "not an IP address");
    }
    return true;
}

/* ---- words ----------------------------------------------------------------------------------- */

static bool once(struct reader *r, const char **place, const char *value, const char *what)
{
    if (*place != NULL && strcmp(*place, value) != 0) {
        fprintf(r->err, "why: two %s: '" SHOWN "' and '" SHOWN "'\n", what, *place, value);
        return false;
    }
    *place = value;
    return true;
}

static bool take_word(struct reader *r, const char *word)
{
    const char *address = address_of(r->arena, word);
    if (address != NULL)
        return once(r, &r->q->address, address, "IP addresses");
    if (*word == '\0' || strcmp(word, "<>") == 0)
        return once(r, &r->q->sender, "", "senders");
    if (is_mailbox(word))
        return once(r, &r->q->sender, word, "senders");
    if (ma_is_hostname(word))
        return once(r, &r->name, word, "host names");
    fprintf(r->err,
        "why: '" SHOWN "' is neither a mail address, nor an IP address, nor a host name\n", word);
    return false;
}

/* A lone name is the sender's domain when nothing else says who sent, else the receiver. */
static bool place_name(struct reader *r, bool helo_given)
{
    if (r->name == NULL)
        return true;
    if (r->q->sender != NULL || helo_given) {
        r->q->receiver = r->name;
        return true;
    }
    r->q->sender = ma_arena_printf(r->arena, "postmaster@%s", r->name);
    return r->q->sender != NULL;
}

/* Beside a link most words are a bounce's. One that is an address, as a whole argument, may say
   what the link does not. */
static void fill(struct reader *r, const char *word)
{
    const char *address = address_of(r->arena, word);
    if (address != NULL && r->q->address == NULL)
        r->q->address = address;
    else if (address == NULL && r->q->sender == NULL && is_mailbox(word) &&
             strpbrk(word, ":;,=?&") == NULL)
        r->q->sender = strcmp(word, "<>") == 0 ? "" : word;
}

static char *join(struct ma_arena *arena, char *const *words, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        size_t more = strlen(words[i]) + 1;
        if (more > MA_WHY_BYTES_MAX || size + more > MA_WHY_BYTES_MAX)
            return NULL;
        size += more;
    }
    char *text = ma_arena_alloc(arena, size + 1), *to = text;
    for (size_t i = 0; text != NULL && i < count; i++) {
        size_t length = strlen(words[i]);
        memcpy(to, words[i], length);
        to[length] = ' ';
        to += length + 1;
    }
    return text;
}

static bool take_words(struct reader *r, char *text, char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (words[i][strspn(words[i], " \t\r\n")] == '\0' && !take_word(r, ""))
            return false;
    char *rest = text;
    for (char *word = strtok_r(rest, " \t\r\n", &rest); word != NULL;
         word = strtok_r(NULL, " \t\r\n", &rest))
        if (!take_word(r, word))
            return false;
    return true;
}

bool ma_why_question_read(struct ma_why_question *q, struct ma_arena *arena, char *const *words,
    size_t count, bool helo_given, FILE *err)
{
    *q = (struct ma_why_question){.sender = NULL};
    struct reader r = {.q = q, .arena = arena, .err = err};
    struct ma_why_link link;
    char *text = join(arena, words, count);
    if (text == NULL) {
        fprintf(
            err, "why: more than %d bytes: the line with the link is enough\n", MA_WHY_BYTES_MAX);
        return false;
    }
    if (!ma_why_link_read(&link, arena, text, err))
        return false;
    for (size_t i = 0; i < MA_LINK_KEYS; i++)
        q->from_link |= link.values[i] != NULL;
    q->from_link |= strstr(text, "://") != NULL;
    if (!q->from_link)
        return take_words(&r, text, words, count) && place_name(&r, helo_given);
    if (!take_link(&r, &link))
        return false;
    for (size_t i = 0; i < count; i++)
        fill(&r, words[i]);
    return true;
}
