/* SPDX-License-Identifier: MIT */
#include "spec.h"

#include "finding.h"
#include "name.h"

#include <idn2.h>
#include <string.h>

#define MA_MAILBOX_MAX 1000 /* bytes of a MAIL FROM or HELO that we take */

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

/* A name as the user wrote it to lower-case A-labels without a trailing dot. */
static const char *to_ascii(struct ma_arena *arena, const char *text, const char *what, FILE *err)
{
    uint8_t wire[MA_NAME_WIRE_MAX];
    char name[MA_NAME_TEXT_MAX];
    char *ascii = NULL;
    if (!is_ascii(text)) {
        int rc = idn2_to_ascii_8z(text, &ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
        if (rc != IDN2_OK) {
            fprintf(err, "%s '%s': %s\n", what, text, idn2_strerror(rc));
            return NULL;
        }
    }
    bool ok = ma_name_to_wire(wire, ascii != NULL ? ascii : text) > 0;
    idn2_free(ascii);
    if (!ok) {
        fprintf(err,
            "%s '%s' cannot be a domain name: a label is empty or longer than 63 bytes, or the "
            "name is longer than 253\n",
            what, text);
        return NULL;
    }
    ma_name_to_text(name, wire);
    return ma_arena_strdup(arena, name);
}

static const char *to_unicode(struct ma_arena *arena, const char *ascii)
{
    char *unicode = NULL;
    if (strstr(ascii, "xn--") == NULL || idn2_to_unicode_8z8z(ascii, &unicode, 0) != IDN2_OK)
        return ascii;
    const char *kept = ma_arena_strdup(arena, unicode);
    idn2_free(unicode);
    return kept;
}

/* Host names, and the names with '_' that hold the SPF records of others. */
static bool is_mail_domain(const char *name)
{
    return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == strlen(name);
}

bool ma_spec_set_domain(struct ma_spec *s, struct ma_arena *arena, const char *text, FILE *err)
{
    struct ma_address address;
    const char *domain = NULL;
    bool is_address = ma_address_parse(&address, text);
    if (!is_address)
        domain = to_ascii(arena, text, "domain", err);
    if (domain != NULL) /* "192.0.2.1." */
        is_address = ma_address_parse(&address, domain);
    if (is_address) {
        fprintf(err, "'%s' is an address: give the domain first, then the address\n", text);
        return false;
    }
    if (domain == NULL)
        return false;
    if (strchr(domain, '.') == NULL && strchr(text, '.') == NULL) {
        fprintf(err, "'%s' is not a domain: it has no dot ('%s.' audits a top-level domain)\n",
            text, text);
        return false;
    }
    if (!is_mail_domain(domain)) {
        fprintf(err, "'%s' is not a domain: only letters, digits, '-', '_' and dots are in one\n",
            text);
        return false;
    }
    s->domain = domain;
    s->unicode = to_unicode(arena, domain);
    return s->unicode != NULL;
}

static bool add(struct ma_arena *arena, const char ***list, size_t *count, size_t *room,
    const char *item, const char *what, FILE *err)
{
    if (*count == MA_SPEC_LIST_MAX) {
        fprintf(err, "too many %s: at most %d\n", what, MA_SPEC_LIST_MAX);
        return false;
    }
    const char **grown = ma_arena_grow(arena, *list, *count, room, sizeof **list);
    if (grown == NULL || item == NULL)
        return false;
    *list = grown;
    grown[(*count)++] = item;
    return true;
}

bool ma_spec_add_address(struct ma_spec *s, struct ma_arena *arena, const char *text, FILE *err)
{
    struct ma_address address;
    const char *item = NULL;
    if (ma_address_parse(&address, text)) {
        item = ma_arena_strdup(arena, text);
    } else {
        item = to_ascii(arena, text, "host name", err);
        if (item != NULL && !ma_is_hostname(item)) {
            fprintf(err, "'%s' is neither an IP address nor a host name\n", text);
            return false;
        }
    }
    return item != NULL &&
           add(arena, &s->addresses, &s->address_count, &s->address_room, item, "addresses", err);
}

bool ma_spec_add_selector(struct ma_spec *s, struct ma_arena *arena, const char *text, FILE *err)
{
    const char *item = to_ascii(arena, text, "selector", err);
    return item != NULL &&
           add(arena, &s->selectors, &s->selector_count, &s->selector_room, item, "selectors", err);
}

bool ma_spec_set_sender(struct ma_spec *s, struct ma_arena *arena, const char *text, FILE *err)
{
    size_t size = strlen(text);
    bool bracketed = size >= 2 && text[0] == '<' && text[size - 1] == '>';
    const char *address = bracketed ? text + 1 : text;
    size -= bracketed ? 2 : 0;
    const char *at = memrchr(address, '@', size);
    bool null_path = size == 0;
    if (!null_path && (at == NULL || at + 1 == address + size || size > MA_MAILBOX_MAX)) {
        fprintf(err, "sender '%s': not a mail address, nor '<>' for the null sender\n", text);
        return false;
    }
    s->sender = ma_arena_copy(arena, address, size);
    return s->sender != NULL;
}

bool ma_spec_set_helo(struct ma_spec *s, struct ma_arena *arena, const char *text, FILE *err)
{
    if (*text == '\0' || strlen(text) > MA_MAILBOX_MAX) {
        fprintf(err, "helo name '%s': empty or longer than %d bytes\n", text, MA_MAILBOX_MAX);
        return false;
    }
    s->helo = ma_arena_strdup(arena, text);
    return s->helo != NULL;
}

bool ma_spec_check(const struct ma_spec *s, FILE *err)
{
    if (s->sender == NULL || *s->sender != '\0' || s->helo != NULL)
        return true;
    fputs(
        "the null sender, <>, is judged by the HELO name, which is not given (--helo NAME)\n", err);
    return false;
}

bool ma_spec_set_role(struct ma_spec *s, const char *text, FILE *err)
{
    for (enum ma_role r = MA_SENDS_AND_RECEIVES; r <= MA_PARKED; r++) {
        if (strcmp(text, ma_role_name(r)) == 0) {
            s->role = r;
            s->role_given = true;
            return true;
        }
    }
    fprintf(
        err, "role '%s': not one of sends-and-receives, sends-only, receives-only, parked\n", text);
    return false;
}
