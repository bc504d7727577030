/* SPDX-License-Identifier: MIT */
#include "rdap_parse.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PREF_LEAST 100 /* RFC 7095 3.4 and RFC 6350 5.3: 1 is most preferred, 100 least */

/* ---- texts and mail addresses ---------------------------------------------------------------- */

static void copy_text(char *out, size_t room, const char *text)
{
    size_t size = strlen(text);

    if (size >= room) {
        size = room - 1;
        while (size > 0 && ((unsigned char)text[size] & 0xC0) == 0x80)
            size--;
    }
    memcpy(out, text, size);
    out[size] = '\0';
}

static void copy_member(char *out, const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    if (text != NULL)
        copy_text(out, RDAP_TEXT_MAX, text);
}

/* What registries put where an address was taken out. */
static bool is_placeholder(const char *mail)
{
    static const char *const local_parts[] = {"removed@", "redacted@", "noreply@", "no-reply@"};

    for (size_t i = 0; i < sizeof local_parts / sizeof *local_parts; i++)
        if (strncasecmp(mail, local_parts[i], strlen(local_parts[i])) == 0)
            return true;
    return strcasestr(mail, "data redacted") != NULL;
}

/* Something that mail can be sent to: LOCAL@HOST, no blanks, no quotes. */
static bool is_mail(const char *text)
{
    const char *at = strrchr(text, '@');

    if (at == NULL || at == text || strlen(text) >= RDAP_MAIL_MAX || !ma_is_hostname(at + 1))
        return false;
    for (const char *p = text; p < at; p++)
        if (*p <= ' ' || *p > '~' || strchr("\"(),:;<>@[\\]", *p) != NULL)
            return false;
    return !is_placeholder(text);
}

static void add_mail(struct rdap_mails *mails, const char *text)
{
    if (strncasecmp(text, "mailto:", 7) == 0)
        text += 7;
    if (!is_mail(text) || mails->count == RDAP_MAILS_MAX)
        return;
    for (size_t i = 0; i < mails->count; i++)
        if (strcasecmp(mails->list[i], text) == 0)
            return;
    copy_text(mails->list[mails->count++], RDAP_MAIL_MAX, text);
}

void rdap_read_mails(struct rdap_mails *mails, const char *bytes, size_t size)
{
    size_t at = 0;

    while (at < size && mails->count < RDAP_MAILS_MAX) {
        char word[RDAP_MAIL_MAX];
        size_t length = 0;
        while (at < size && strchr(", ;\t", bytes[at]) != NULL)
            at++; /* a NUL is found, too: it divides as well */
        while (at + length < size && strchr(", ;\t", bytes[at + length]) == NULL)
            length++;
        if (length > 0 && length < sizeof word) {
            memcpy(word, bytes + at, length);
            word[length] = '\0';
            add_mail(mails, word);
        }
        at += length;
    }
}

/* ---- jCard ----------------------------------------------------------------------------------- */

/* The properties of the vCard of an entity; NULL where there is none. */
static const json_t *properties_of(const json_t *entity)
{
    return json_array_get(json_object_get(entity, "vcardArray"), 1);
}

static bool is_property(const json_t *property, const char *name)
{
    const char *found = json_string_value(json_array_get(property, 0));

    return found != NULL && strcasecmp(found, name) == 0;
}

/* The first text of that property, or NULL. */
static const char *property_text(const json_t *entity, const char *name)
{
    const json_t *property;
    size_t i;

    json_array_foreach(properties_of(entity), i, property)
    {
        if (is_property(property, name))
            return json_string_value(json_array_get(property, 3));
    }
    return NULL;
}

/* "pref" is a text or a number; without one it is the least. */
static long preference_of(const json_t *property)
{
    const json_t *pref = json_object_get(json_array_get(property, 1), "pref");
    long value = PREF_LEAST;

    if (json_is_array(pref))
        pref = json_array_get(pref, 0);
    if (json_is_integer(pref))
        value = (long)json_integer_value(pref);
    else if (json_is_string(pref))
        value = strtol(json_string_value(pref), NULL, 10);
    return value >= 1 && value <= PREF_LEAST ? value : PREF_LEAST;
}

/* The addresses of the best preference that has any: others may be of a help desk. */
static void add_mails_of(struct rdap_mails *mails, const json_t *entity)
{
    const json_t *properties = properties_of(entity), *property;
    long best = PREF_LEAST;
    size_t i;

    json_array_foreach(properties, i, property)
    {
        if (is_property(property, "email") && preference_of(property) < best)
            best = preference_of(property);
    }
    json_array_foreach(properties, i, property)
    {
        if (!is_property(property, "email") || preference_of(property) != best)
            continue;
        for (size_t k = 3; k < json_array_size(property) && k < 3 + RDAP_MAILS_MAX; k++) {
            const char *text = json_string_value(json_array_get(property, k));
            if (text != NULL)
                add_mail(mails, text);
        }
    }
}

/* ---- entities -------------------------------------------------------------------------------- */

struct walk {
    struct rdap_network *out;
    struct rdap_mails other;
    unsigned depth;     /* that is looked at now */
    size_t entities;    /* seen, on all passes */
    bool holder_is_org; /* the holder found is an organisation, not a maintainer object */
};

static bool has_role(const json_t *entity, const char *role)
{
    const json_t *item;
    size_t i;

    json_array_foreach(json_object_get(entity, "roles"), i, item)
    {
        const char *text = json_string_value(item);
        if (text != NULL && strcasecmp(text, role) == 0)
            return true;
    }
    return false;
}

static void note_holder(struct walk *w, const json_t *entity)
{
    const char *name = property_text(entity, "fn"), *kind = property_text(entity, "kind");
    bool org = kind != NULL && strcasecmp(kind, "org") == 0;

    if (name == NULL || *name == '\0' || w->holder_is_org || (w->out->holder[0] != '\0' && !org))
        return;
    copy_text(w->out->holder, RDAP_TEXT_MAX, name);
    w->holder_is_org = org;
}

static void look_at(struct walk *w, const json_t *entity)
{
    if (has_role(entity, "abuse"))
        add_mails_of(&w->out->abuse, entity);
    else if (has_role(entity, "technical") || has_role(entity, "administrative") ||
             has_role(entity, "noc") || has_role(entity, "registrant"))
        add_mails_of(&w->other, entity);
    if (has_role(entity, "registrant"))
        note_holder(w, entity);
}

/* Those at w->depth only: what is nearer to the network counts first. */
static void walk_entities(struct walk *w, const json_t *parent, unsigned depth)
{
    const json_t *entity;
    size_t i;

    json_array_foreach(json_object_get(parent, "entities"), i, entity)
    {
        if (w->entities++ >= (size_t)RDAP_ENTITIES_MAX * RDAP_DEPTH_MAX)
            return;
        if (depth == w->depth)
            look_at(w, entity);
        else
            walk_entities(w, entity, depth + 1);
    }
}

/* ---- the network ----------------------------------------------------------------------------- */

static bool is_between(
    const struct ma_address *a, const struct ma_address *first, const struct ma_address *last)
{
    size_t size = a->family == 4 ? 4 : 16;

    return a->family == first->family && a->family == last->family &&
           memcmp(first->bytes, a->bytes, size) <= 0 && memcmp(a->bytes, last->bytes, size) <= 0;
}

bool rdap_covers(const struct rdap_network *network, const struct ma_address *a)
{
    return network->has_range && is_between(a, &network->first, &network->last);
}

static void read_range(struct rdap_network *out, const json_t *root)
{
    const char *first = json_string_value(json_object_get(root, "startAddress"));
    const char *last = json_string_value(json_object_get(root, "endAddress"));

    out->has_range = first != NULL && last != NULL && ma_address_parse(&out->first, first) &&
                     ma_address_parse(&out->last, last);
}

static enum rdap_verdict read_network(
    struct rdap_network *out, const json_t *root, const struct ma_address *asked)
{
    const char *class = json_string_value(json_object_get(root, "objectClassName"));
    struct walk w = {.out = out};

    if (class == NULL || strcasecmp(class, "ip network") != 0)
        return RDAP_NOT_NETWORK;
    read_range(out, root);
    if (out->has_range && !rdap_covers(out, asked))
        return RDAP_ELSEWHERE;
    copy_member(out->handle, root, "handle");
    copy_member(out->name, root, "name");
    copy_member(out->country, root, "country");
    for (w.depth = 0; w.depth < RDAP_DEPTH_MAX; w.depth++)
        walk_entities(&w, root, 0);
    if (out->abuse.count == 0)
        out->other = w.other;
    return RDAP_NETWORK;
}

enum rdap_verdict rdap_parse(
    struct rdap_network *out, const char *bytes, size_t size, const struct ma_address *asked)
{
    enum rdap_verdict verdict;
    json_t *root = size <= RDAP_BYTES_MAX ? json_loadb(bytes, size, 0, NULL) : NULL;

    *out = (struct rdap_network){.has_range = false};
    if (root == NULL)
        return RDAP_NOT_JSON;
    verdict = read_network(out, root, asked);
    if (verdict != RDAP_NETWORK)
        *out = (struct rdap_network){.has_range = false};
    json_decref(root);
    return verdict;
}
