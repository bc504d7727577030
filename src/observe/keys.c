/* SPDX-License-Identifier: MIT */
#include "keys.h"

#include "../file.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define LABEL_SIZE (sizeof MA_KEY_LABEL - 1)

/* Who gives keys out. Source: docs.spamhaus.com, "DQS"; docs.abusix.com, "Abusix Mail
   Intelligence"; read 2026-11. */
static const struct {
    const char *word, *zone, *variable;
} operators[] = {
    {"abusix", "mail.abusix.zone", "MAILAUDIT_ABUSIX_KEY"},
    {"spamhaus", "dq.spamhaus.net", "MAILAUDIT_SPAMHAUS_KEY"},
};
#define OPERATOR_COUNT (sizeof operators / sizeof *operators)

/* ---- reading --------------------------------------------------------------------------------- */

/* Why it cannot be a key, or NULL. */
static const char *fault_of(const char *key, size_t size)
{
    if (size < MA_KEY_BYTES_MIN || size > MA_LABEL_MAX)
        return "a key has 8 to 63 characters";
    for (size_t i = 0; i < size; i++)
        if (!((key[i] >= 'a' && key[i] <= 'z') || (key[i] >= 'A' && key[i] <= 'Z') ||
                (key[i] >= '0' && key[i] <= '9') || key[i] == '-' || key[i] == '_'))
            return "a key has letters, digits and hyphens only";
    return NULL;
}

static const struct ma_key *find_key(const struct ma_keys *keys, const uint8_t *zone)
{
    for (size_t i = 0; i < keys->count; i++)
        if (ma_name_is_below(keys->list[i].zone, zone) &&
            ma_name_is_below(zone, keys->list[i].zone))
            return &keys->list[i];
    return NULL;
}

const char *ma_keys_add(struct ma_keys *keys, const char *zone, const char *key, size_t size)
{
    struct ma_key *k = &keys->list[keys->count];
    const char *fault = fault_of(key, size);
    if (fault != NULL)
        return fault;
    if (keys->count == MA_KEYS_MAX)
        return "too many keys";
    for (size_t i = 0; i < OPERATOR_COUNT; i++)
        if (strcmp(zone, operators[i].word) == 0)
            zone = operators[i].zone;
    if (strchr(zone, '.') == NULL || ma_name_to_wire(k->zone, zone) == 0)
        return "the first word is neither spamhaus, abusix nor the name of a zone";
    const struct ma_key *known = find_key(keys, k->zone);
    if (known != NULL)
        return strlen(known->key) == size && memcmp(known->key, key, size) == 0
                   ? NULL
                   : "a second key for the same zone";
    memcpy(k->key, key, size);
    k->key[size] = '\0';
    keys->count++;
    return NULL;
}

static const char *read_line(struct ma_keys *keys, char *line)
{
    static const char blank[] = " \t\r";
    char *zone = line + strspn(line, blank);
    if (*zone == '\0' || *zone == '#')
        return NULL;
    char *key = zone + strcspn(zone, blank);
    if (*key != '\0')
        *key++ = '\0';
    key += strspn(key, blank);
    size_t size = strcspn(key, blank);
    if (size == 0 || key[size + strspn(key + size, blank)] != '\0')
        return "expected two words: ZONE KEY";
    return ma_keys_add(keys, zone, key, size);
}

static void warn_of_mode(const char *file, FILE *err)
{
    struct stat s;
    if (stat(file, &s) != 0 || !S_ISREG(s.st_mode))
        return;
    if (s.st_uid != geteuid() && s.st_uid != 0)
        fprintf(err, "%s: warning: the file with keys belongs to another user\n", file);
    if ((s.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        fprintf(err, "%s: warning: others can get at the keys in it: chmod 600\n", file);
}

bool ma_keys_load(struct ma_keys *keys, const char *file, FILE *err)
{
    struct ma_file text;
    const char *fault = NULL;
    unsigned number = 0;
    if (!ma_file_read(&text, file, MA_KEYS_FILE_MAX, err))
        return false;
    warn_of_mode(file, err);
    for (char *line = text.bytes; line != NULL && fault == NULL;) {
        char *next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        number++;
        fault = read_line(keys, line);
        line = next;
    }
    if (fault != NULL)
        fprintf(err, "%s:%u: %s\n", file, number, fault);
    if (text.bytes != NULL)
        explicit_bzero(text.bytes, text.size);
    ma_file_clear(&text);
    return fault == NULL;
}

bool ma_keys_environment(struct ma_keys *keys, FILE *err)
{
    for (size_t i = 0; i < OPERATOR_COUNT; i++) {
        const char *key = getenv(operators[i].variable);
        uint8_t zone[MA_NAME_WIRE_MAX];
        if (key == NULL || *key == '\0' || ma_name_to_wire(zone, operators[i].zone) == 0 ||
            find_key(keys, zone) != NULL)
            continue;
        const char *fault = ma_keys_add(keys, operators[i].zone, key, strlen(key));
        if (fault == NULL)
            continue;
        fprintf(err, "environment variable %s: %s\n", operators[i].variable, fault);
        return false;
    }
    return true;
}

void ma_keys_zones(char text[static MA_KEYS_ZONES_MAX], const struct ma_keys *keys)
{
    char name[MA_NAME_TEXT_MAX];
    size_t at = 0;
    text[0] = '\0';
    for (size_t i = 0; i < keys->count; i++) {
        size_t size = ma_name_to_text(name, keys->list[i].zone);
        if (at + size + 2 > MA_KEYS_ZONES_MAX)
            return;
        if (at > 0)
            text[at++] = ' ';
        memcpy(text + at, name, size + 1);
        at += size;
    }
}

/* ---- putting it in --------------------------------------------------------------------------- */

/* The label {key} of a name, or NULL. */
static const uint8_t *find_label(const uint8_t *name)
{
    for (; *name != 0; name += 1 + *name)
        if (*name == LABEL_SIZE && memcmp(name + 1, MA_KEY_LABEL, LABEL_SIZE) == 0)
            return name;
    return NULL;
}

const struct ma_key *ma_keys_for(const struct ma_keys *keys, const uint8_t *name)
{
    const uint8_t *label = keys != NULL && keys->count > 0 ? find_label(name) : NULL;
    if (label == NULL)
        return NULL;
    const struct ma_key *best = NULL;
    for (size_t i = 0; i < keys->count; i++)
        if (ma_name_is_below(label + 1 + *label, keys->list[i].zone) &&
            (best == NULL || ma_name_is_below(keys->list[i].zone, best->zone)))
            best = &keys->list[i];
    return best;
}

size_t ma_key_put(
    const struct ma_key *key, uint8_t out[static MA_NAME_WIRE_MAX], const uint8_t *name)
{
    const uint8_t *label = find_label(name), *rest = label + 1 + LABEL_SIZE;
    size_t before = (size_t)(label - name), size = strlen(key->key);
    size_t after = ma_name_wire_size(rest, MA_NAME_WIRE_MAX);
    if (before + 1 + size + after > MA_NAME_WIRE_MAX)
        return 0;
    memcpy(out, name, before);
    out[before] = (uint8_t)size;
    memcpy(out + before + 1, key->key, size);
    memcpy(out + before + 1 + size, rest, after);
    return before + 1 + size + after;
}

/* ---- taking it out --------------------------------------------------------------------------- */

static void blot_out(uint8_t *bytes, size_t size, const char *key)
{
    size_t key_size = strlen(key);
    for (size_t i = 0; i + key_size <= size; i++)
        if (strncasecmp((const char *)bytes + i, key, key_size) == 0)
            memset(bytes + i, '*', key_size);
}

static bool is_same_name(const ldns_rdf *owner, const uint8_t *name, size_t size)
{
    return ldns_rdf_size(owner) == size &&
           strncasecmp((const char *)ldns_rdf_data(owner), (const char *)name, size) == 0 &&
           memchr(name, 0, size - 1) == NULL;
}

void ma_key_hide(const struct ma_key *key, const uint8_t *name, struct ma_reply *reply)
{
    uint8_t sent[MA_NAME_WIRE_MAX];
    size_t sent_size = ma_key_put(key, sent, name);
    size_t size = ma_name_wire_size(name, MA_NAME_WIRE_MAX);
    for (size_t i = 0; i < reply->rr_count; i++) {
        ldns_rr *rr = reply->rrs[i];
        ldns_rdf *owner = ldns_rr_owner(rr);
        ldns_rdf *hidden = is_same_name(owner, sent, sent_size)
                               ? ldns_dname_new_frm_data((uint16_t)size, name)
                               : NULL;
        if (hidden != NULL) {
            ldns_rr_set_owner(rr, hidden);
            ldns_rdf_deep_free(owner);
        } else {
            blot_out(ldns_rdf_data(owner), ldns_rdf_size(owner), key->key);
        }
        for (size_t k = 0; k < ldns_rr_rd_count(rr); k++) {
            ldns_rdf *data = ldns_rr_rdf(rr, k);
            blot_out(ldns_rdf_data(data), ldns_rdf_size(data), key->key);
        }
    }
    if (reply->detail != NULL && strcasestr(reply->detail, key->key) != NULL)
        reply->detail = NULL;
}
