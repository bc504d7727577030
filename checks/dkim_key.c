/* SPDX-License-Identifier: MIT */
#include "dkim_key.h"

#include "typography.h"

#include <string.h>

static void fault(struct ma_dkim_key *key, enum ma_dkim_fault f, struct ma_span place)
{
    if (!ma_dkim_key_has(key, f))
        key->places[f] = place;
    key->faults |= UINT32_C(1) << f;
}

#define STRANGERS_MAX 32 /* unknown tags that are compared */

/* The tags of RFC 6376 3.6.1, and g= of RFC 4871; all have names of one letter. */
static const char known_tags[] = "vghknpst";

/* ---- the tags ------------------------------------------------------------------------------ */

static void read_version(
    struct ma_dkim_key *key, const char *bytes, const struct ma_tag *tag, bool first)
{
    if (!ma_span_is(bytes, tag->value, "DKIM1"))
        fault(key, MA_DKIM_VERSION, tag->whole);
    else if (!first)
        fault(key, MA_DKIM_VERSION_LATE, tag->whole);
}

/* Values are to be compared as they are (RFC 6376 3.2), but its grammar allows capitals in them:
   some verifiers take those, some do not. */
static bool is_word(
    struct ma_dkim_key *key, const char *bytes, struct ma_span value, const char *word)
{
    if (!ma_span_is_nocase(bytes, value, word))
        return false;
    if (!ma_span_is(bytes, value, word))
        fault(key, MA_DKIM_VALUE_CASE, value);
    return true;
}

static void read_type(struct ma_dkim_key *key, const char *bytes, const struct ma_tag *tag)
{
    if (is_word(key, bytes, tag->value, "ed25519")) {
        key->type = MA_DKIM_ED25519;
    } else if (!is_word(key, bytes, tag->value, "rsa")) {
        key->type = MA_DKIM_OTHER;
        fault(key, MA_DKIM_KEY_TYPE, tag->whole);
    }
}

static bool list_has(struct ma_dkim_key *key, const char *bytes, struct ma_span list,
    const char *one, const char *other)
{
    struct ma_items items;
    struct ma_span item;
    ma_items_init(&items, bytes, list, ':');
    while (ma_items_next(&items, &item))
        if (is_word(key, bytes, item, one) || is_word(key, bytes, item, other))
            return true;
    return false;
}

static void read_flags(struct ma_dkim_key *key, const char *bytes, const struct ma_tag *tag)
{
    key->testing = list_has(key, bytes, tag->value, "y", "y");
    key->strict = list_has(key, bytes, tag->value, "s", "s");
    if (key->testing)
        fault(key, MA_DKIM_TESTING, tag->whole);
}

static void read_tag(
    struct ma_dkim_key *key, const char *bytes, const struct ma_tag *tag, char name, bool first)
{
    struct ma_span next;
    if (strchr("vkhts", name) != NULL && ma_tag_runs_on(bytes, tag, &next)) {
        fault(key, MA_DKIM_NO_SEMICOLON, next);
        return;
    }
    switch (name) {
    case 'v':
        read_version(key, bytes, tag, first);
        break;
    case 'k':
        read_type(key, bytes, tag);
        break;
    case 'h':
        if (!list_has(key, bytes, tag->value, "sha256", "sha256"))
            fault(key, MA_DKIM_HASHES, tag->whole);
        break;
    case 's':
        if (!list_has(key, bytes, tag->value, "email", "*"))
            fault(key, MA_DKIM_SERVICE, tag->whole);
        break;
    case 't':
        read_flags(key, bytes, tag);
        break;
    case 'g':
        fault(key, MA_DKIM_GRANULARITY, tag->whole);
        break;
    case 'p':
        key->p = tag->value;
        break;
    default: /* n=, notes for people */
        break;
    }
}

/* The one letter of a known tag, or NUL. */
static char known_name(const char *bytes, const struct ma_tag *tag)
{
    char c = tag->name.size == 1 ? bytes[tag->name.offset] : '\0';
    return c != '\0' && strchr(known_tags, c) != NULL ? c : '\0';
}

/* Tags that are none of ours, kept to see whether one stands twice. */
struct strangers {
    struct ma_span names[STRANGERS_MAX];
    unsigned count;
};

static void read_stranger(
    struct ma_dkim_key *key, const char *bytes, const struct ma_tag *tag, struct strangers *others)
{
    fault(key, MA_DKIM_UNKNOWN_TAG, tag->whole);
    for (unsigned i = 0; i < others->count; i++)
        if (others->names[i].size == tag->name.size &&
            memcmp(bytes + others->names[i].offset, bytes + tag->name.offset, tag->name.size) == 0)
            fault(key, MA_DKIM_DUPLICATE_TAG, tag->whole);
    if (others->count < STRANGERS_MAX)
        others->names[others->count++] = tag->name;
}

#define SEEN_TWICE 0x100u /* one of the letters: which of the two is meant is not known */

/* Returns the letters that were seen, as bits of their place in known_tags. */
static unsigned read_tags(struct ma_dkim_key *key, const char *bytes, size_t size)
{
    struct ma_taglist list;
    struct ma_tag tag;
    struct strangers others = {.count = 0};
    unsigned seen = 0;
    bool first = true;
    ma_taglist_init(&list, bytes, size);
    for (; ma_taglist_next(&list, &tag); first = false) {
        if (tag.shape != MA_TAG_GOOD || !ma_tag_is_named(bytes, &tag)) {
            fault(key, tag.shape == MA_TAG_EMPTY ? MA_DKIM_EMPTY_TAG : MA_DKIM_SYNTAX, tag.whole);
            continue;
        }
        char name = known_name(bytes, &tag);
        if (name == '\0') {
            read_stranger(key, bytes, &tag, &others);
            continue;
        }
        unsigned bit = 1u << (strchr(known_tags, name) - known_tags);
        if ((seen & bit) != 0) {
            fault(key, MA_DKIM_DUPLICATE_TAG, tag.whole);
            seen |= SEEN_TWICE;
        } else {
            read_tag(key, bytes, &tag, name, first);
        }
        seen |= bit;
    }
    return seen;
}

static unsigned tag_bit(char name)
{
    return 1u << (strchr(known_tags, name) - known_tags);
}

/* ---- the key data -------------------------------------------------------------------------- */

static void judge_bits(struct ma_dkim_key *key)
{
    key->bits = key->key.bits;
    if (key->bits < 1024)
        fault(key, MA_DKIM_SHORT, key->p);
    else if (key->bits < 2048)
        fault(key, MA_DKIM_WEAK, key->p);
    else if (key->bits > 4096)
        fault(key, MA_DKIM_LONG, key->p);
}

static void read_rsa(struct ma_dkim_key *key, bool unpadded)
{
    if (!key->key.spki)
        fault(key, MA_DKIM_PKCS1, key->p);
    if (key->key.fault == MA_DER_TRAILING)
        fault(key, MA_DKIM_TRAILING, key->p);
    if (unpadded)
        fault(key, MA_DKIM_UNPADDED, key->p);
    if (key->type == MA_DKIM_ED25519)
        fault(key, MA_DKIM_MISMATCH, key->p);
    key->type = MA_DKIM_RSA;
    judge_bits(key);
}

static bool is_der_key(const struct ma_dkim_key *key)
{
    return key->key.kind == MA_KEY_RSA &&
           (key->key.fault == MA_DER_GOOD || key->key.fault == MA_DER_TRAILING);
}

/* Not an RSA key that can be read: names the most likely cause. */
static void read_other(struct ma_dkim_key *key, bool cut)
{
    const struct ma_public_key *der = &key->key;
    if (der->kind == MA_KEY_ED25519) {
        fault(key, MA_DKIM_ED25519_FORM, key->p);
        key->type = MA_DKIM_ED25519;
        key->bits = der->key_size == 32 && der->fault == MA_DER_GOOD ? 256 : 0;
        return;
    }
    if (der->kind == MA_KEY_EC || der->kind == MA_KEY_OTHER)
        fault(key, MA_DKIM_ALGORITHM, key->p);
    else if (cut || der->fault == MA_DER_CUT)
        fault(key, MA_DKIM_CUT, (struct ma_span){key->p.offset + key->p.size - 1, 1});
    else if (der->fault == MA_DER_NUMBERS)
        fault(key, MA_DKIM_NUMBERS, key->p);
    else if (key->type == MA_DKIM_ED25519)
        fault(key, MA_DKIM_ED25519_FORM, key->p);
    else
        fault(key, MA_DKIM_NO_KEY, key->p);
}

/* 32 bytes that do not begin a key of another form: an Ed25519 key, whatever k= says. */
static void read_bare(struct ma_dkim_key *key, bool unpadded)
{
    if (key->type == MA_DKIM_RSA)
        fault(key, MA_DKIM_MISMATCH, key->p);
    else if (unpadded)
        fault(key, MA_DKIM_UNPADDED, key->p);
    key->type = MA_DKIM_ED25519;
    key->bits = 256;
}

static void read_decoded(struct ma_dkim_key *key, const struct ma_base64 *text)
{
    bool unpadded = text->fault == MA_BASE64_UNPADDED;
    if (key->type == MA_DKIM_RSA || key->data_size != 32)
        ma_der_public_key(&key->key, key->data, key->data_size);
    if (key->data_size == 32 && key->key.kind == MA_KEY_NONE) /* RFC 8463 4.2 */
        read_bare(key, unpadded);
    else if (is_der_key(key) && text->fault != MA_BASE64_CUT)
        read_rsa(key, unpadded);
    else
        read_other(key, unpadded || text->fault == MA_BASE64_CUT);
}

static bool has_armour(const char *bytes, struct ma_span s, struct ma_span *at_r)
{
    const char *found = memmem(bytes + s.offset, s.size, "-----", 5);
    if (found != NULL)
        *at_r = (struct ma_span){(size_t)(found - bytes), 5};
    return found != NULL;
}

static void read_data(struct ma_dkim_key *key, const char *bytes)
{
    struct ma_span at;
    if (has_armour(bytes, key->p, &at)) {
        fault(key, MA_DKIM_ARMOUR, at);
        return;
    }
    struct ma_base64 text =
        ma_base64_decode(key->data, sizeof key->data, bytes + key->p.offset, key->p.size);
    key->data_size = text.size;
    at = (struct ma_span){key->p.offset + text.bad_at, 1};
    if (text.fault == MA_BASE64_BAD_BYTE) /* a quote is one between two strings of a zone file */
        fault(key, bytes[at.offset] == '"' ? MA_DKIM_QUOTES : MA_DKIM_BASE64, at);
    else if (text.fault == MA_BASE64_TOO_LONG)
        fault(key, MA_DKIM_NO_KEY, key->p);
    else if (key->type != MA_DKIM_OTHER)
        read_decoded(key, &text);
}

/* ---- the record ---------------------------------------------------------------------------- */

static void judge_state(struct ma_dkim_key *key, bool has_p)
{
    const uint32_t fatal = (UINT32_C(1) << MA_DKIM_FATAL_COUNT) - 1;
    if ((key->faults & fatal) != 0)
        key->state = MA_DKIM_KEY_BAD;
    else if (has_p && key->p.size == 0)
        key->state = MA_DKIM_KEY_REVOKED;
    else if (ma_dkim_key_has(key, MA_DKIM_SHORT) || ma_dkim_key_has(key, MA_DKIM_WEAK))
        key->state = MA_DKIM_KEY_WEAK;
}

/* A record of another kind: its other faults have this one cause. */
static bool is_something_else(const struct ma_dkim_key *key, const char *bytes, unsigned seen)
{
    if (key->bits != 0 || ma_dkim_key_has(key, MA_DKIM_NO_SEMICOLON))
        return false;
    if ((seen & tag_bit('v')) == 0)
        return (seen & (tag_bit('p') | tag_bit('k'))) == 0;
    struct ma_span v = key->places[MA_DKIM_VERSION];
    return ma_dkim_key_has(key, MA_DKIM_VERSION) &&
           memmem(bytes + v.offset, v.size, "DKIM", 4) == NULL &&
           memmem(bytes + v.offset, v.size, "dkim", 4) == NULL;
}

/* Quotation marks of a word processor, around all of it. */
static bool find_curly_quotes(const char *bytes, size_t size, struct ma_span *at_r)
{
    char instead;
    *at_r = (struct ma_span){0, ma_typography(bytes, size, &instead)};
    return at_r->size > 0;
}

void ma_dkim_key_parse(struct ma_dkim_key *key, const char *bytes, size_t size)
{
    memset(key, 0, offsetof(struct ma_dkim_key, data));
    struct ma_span quoting;
    if (ma_find_zone_quoting(bytes, size, &quoting) || find_curly_quotes(bytes, size, &quoting)) {
        fault(key, MA_DKIM_QUOTES, quoting);
        key->state = MA_DKIM_KEY_BAD;
        return;
    }
    unsigned seen = read_tags(key, bytes, size);
    bool has_p = (seen & tag_bit('p')) != 0;
    if (has_p && key->p.size > 0 && (seen & SEEN_TWICE) == 0)
        read_data(key, bytes);
    if (is_something_else(key, bytes, seen)) {
        key->faults = UINT32_C(1) << MA_DKIM_NOT_A_KEY;
        key->places[MA_DKIM_NOT_A_KEY] = (struct ma_span){0, size};
    } else if (!has_p && !ma_dkim_key_has(key, MA_DKIM_NO_SEMICOLON)) {
        fault(key, MA_DKIM_NO_DATA, (struct ma_span){0, size});
    }
    judge_state(key, has_p);
}

/* ---- the record as it should be ------------------------------------------------------------- */

static size_t append(char *out, size_t at, const char *text)
{
    size_t size = strlen(text);
    memcpy(out + at, text, size + 1);
    return at + size;
}

static bool key_is_known(const struct ma_dkim_key *key)
{
    const uint32_t lost = UINT32_C(1) << MA_DKIM_QUOTES | UINT32_C(1) << MA_DKIM_NO_SEMICOLON |
                          UINT32_C(1) << MA_DKIM_ARMOUR | UINT32_C(1) << MA_DKIM_BASE64 |
                          UINT32_C(1) << MA_DKIM_CUT | UINT32_C(1) << MA_DKIM_SHORT;
    return key->bits != 0 && (key->faults & lost) == 0;
}

size_t ma_dkim_key_write(const struct ma_dkim_key *key, char out[static MA_DKIM_RECORD_MAX])
{
    out[0] = '\0';
    if (!key_is_known(key))
        return 0;
    bool ed25519 = key->type == MA_DKIM_ED25519;
    size_t at = append(out, 0, ed25519 ? "v=DKIM1; k=ed25519; " : "v=DKIM1; k=rsa; ");
    if (key->strict)
        at = append(out, at, "t=s; ");
    at = append(out, at, "p=");
    if (ed25519)
        return at + ma_base64_encode(out + at, key->data + key->key.key_at, 32);
    if (key->key.spki)
        return at + ma_base64_encode(out + at, key->data, key->key.whole_size);
    uint8_t wrapped[MA_DKIM_DATA_MAX + MA_DER_SPKI_EXTRA];
    size_t size = ma_der_wrap_rsa(wrapped, sizeof wrapped, key->data, key->key.whole_size);
    return at + ma_base64_encode(out + at, wrapped, size);
}

static bool starts_tag(const char *bytes, size_t size, size_t at)
{
    return at + 1 < size && bytes[at + 1] == '=' && strchr(known_tags, bytes[at]) != NULL &&
           bytes[at] != '\0';
}

/* Bytes of a line of a key file that begins here, "-----BEGIN PUBLIC KEY-----": 0 for none. */
static size_t armour_size(const char *bytes, size_t size)
{
    static const char rule[] = "-----";
    const size_t edge = sizeof rule - 1;
    if (size < edge || memcmp(bytes, rule, edge) != 0)
        return 0;
    const char *end = memmem(bytes + edge, size - edge, rule, edge);
    return end == NULL ? 0 : (size_t)(end - bytes) + edge;
}

size_t ma_dkim_key_mend(char *out, const char *bytes, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '"' || bytes[i] == '\\')
            continue;
        char instead;
        size_t odd = ma_typography(bytes + i, size - i, &instead);
        if (odd == 0)
            odd = armour_size(bytes + i, size - i);
        if (odd > 0) {
            i += odd - 1;
            continue;
        }
        bool gap = ma_is_blank(bytes[i]) && n > 0 && out[n - 1] != ';' && out[n - 1] != '=';
        out[n++] = gap && starts_tag(bytes, size, i + 1) ? ';' : bytes[i];
    }
    out[n] = '\0';
    return n;
}
