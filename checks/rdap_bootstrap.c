/* SPDX-License-Identifier: MIT */
#include "rdap_bootstrap.h"
#include "rdap_services.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PREFIX_TEXT_MAX 64
#define COLUMNS         4 /* of rdap_services.tsv */

struct prefix {
    struct ma_address address;
    uint8_t bits;
    uint16_t service; /* index */
};

struct rdap_bootstrap {
    char services[RDAP_SERVICES_MAX][RDAP_URL_MAX];
    size_t service_count;
    struct prefix prefixes[RDAP_PREFIXES_MAX];
    size_t prefix_count;
};

void rdap_bootstrap_free(struct rdap_bootstrap *b)
{
    free(b);
}

/* ---- services and networks ------------------------------------------------------------------- */

/* The index of the service, made where it is new; RDAP_SERVICES_MAX: it cannot be one. */
static size_t service_of(struct rdap_bootstrap *b, const char *url, size_t size)
{
    char *text;
    bool slash = size > 0 && url[size - 1] == '/';

    if (size < sizeof("https://x") - 1 || strncasecmp(url, "https://", 8) != 0 ||
        size + 2 > RDAP_URL_MAX)
        return RDAP_SERVICES_MAX;
    for (size_t i = 0; i < size; i++)
        if (url[i] <= ' ' || url[i] > '~')
            return RDAP_SERVICES_MAX;
    for (size_t i = 0; i < b->service_count; i++)
        if (strncmp(b->services[i], url, size) == 0 && strlen(b->services[i]) == size + !slash)
            return i;
    if (b->service_count == RDAP_SERVICES_MAX)
        return RDAP_SERVICES_MAX;
    text = b->services[b->service_count];
    memcpy(text, url, size);
    memcpy(text + size, slash ? "" : "/", slash ? 1 : 2);
    return b->service_count++;
}

/* "192.0.2.0/24": what stands behind the prefix must be zero. */
static bool parse_prefix(struct prefix *out, const char *text, size_t size)
{
    char copy[PREFIX_TEXT_MAX];
    char *slash;
    unsigned bits = 0;

    if (size >= sizeof copy)
        return false;
    memcpy(copy, text, size);
    copy[size] = '\0';
    slash = strchr(copy, '/');
    if (slash == NULL || slash[1] == '\0' || strlen(slash + 1) > 3)
        return false;
    *slash = '\0';
    for (const char *p = slash + 1; *p != '\0'; p++) {
        if (*p < '0' || *p > '9')
            return false;
        bits = bits * 10 + (unsigned)(*p - '0');
    }
    if (!ma_address_parse(&out->address, copy) || bits > (out->address.family == 4 ? 32 : 128))
        return false;
    out->bits = (uint8_t)bits;
    for (unsigned i = bits; i < (out->address.family == 4 ? 32 : 128); i++)
        if (out->address.bytes[i / 8] & (0x80 >> i % 8))
            return false;
    return true;
}

static bool holds(const struct prefix *p, const struct ma_address *a)
{
    unsigned whole = p->bits / 8, rest = p->bits % 8;

    if (p->address.family != a->family || memcmp(p->address.bytes, a->bytes, whole) != 0)
        return false;
    return rest == 0 || (p->address.bytes[whole] ^ a->bytes[whole]) >> (8 - rest) == 0;
}

const char *rdap_bootstrap_find(const struct rdap_bootstrap *b, const struct ma_address *a)
{
    const struct prefix *best = NULL;

    for (size_t i = 0; i < b->prefix_count; i++)
        if (holds(&b->prefixes[i], a) && (best == NULL || b->prefixes[i].bits > best->bits))
            best = &b->prefixes[i];
    return best != NULL ? b->services[best->service] : NULL;
}

size_t rdap_bootstrap_count(const struct rdap_bootstrap *b, unsigned family)
{
    size_t count = 0;

    for (size_t i = 0; i < b->prefix_count; i++)
        count += b->prefixes[i].address.family == family;
    return count;
}

/* ---- the built-in table ---------------------------------------------------------------------- */

static bool add_row(struct rdap_bootstrap *b, const char *row)
{
    const char *networks = row;
    size_t service = service_of(b, row, strcspn(row, "\t"));

    for (unsigned i = 1; i < COLUMNS; i++) {
        networks += strcspn(networks, "\t");
        networks += *networks == '\t';
    }
    while (service < RDAP_SERVICES_MAX && *networks != '\0') {
        size_t size = strcspn(networks, " ");
        struct prefix *p = &b->prefixes[b->prefix_count];
        if (b->prefix_count == RDAP_PREFIXES_MAX || !parse_prefix(p, networks, size))
            return false;
        p->service = (uint16_t)service;
        b->prefix_count++;
        networks += size + (networks[size] == ' ');
    }
    return service < RDAP_SERVICES_MAX;
}

const char *const *rdap_bootstrap_rows(size_t *count_r)
{
    *count_r = sizeof rdap_services / sizeof *rdap_services;
    return rdap_services;
}

struct rdap_bootstrap *rdap_bootstrap_new(void)
{
    struct rdap_bootstrap *b = calloc(1, sizeof *b);

    for (size_t i = 0; b != NULL && i < sizeof rdap_services / sizeof *rdap_services; i++)
        if (!add_row(b, rdap_services[i])) {
            free(b);
            return NULL;
        }
    return b;
}

/* ---- IANA's files ---------------------------------------------------------------------------- */

static bool wrong(char *error, const char *what)
{
    snprintf(error, RDAP_ERROR_BYTES_MAX, "%s", what);
    return false;
}

/* The first https URL: RFC 9224 3 prefers it, and nothing else is fetched. */
static size_t choose_service(struct rdap_bootstrap *b, const json_t *urls)
{
    size_t i, found = RDAP_SERVICES_MAX;
    const json_t *url;

    json_array_foreach(urls, i, url)
    {
        if (found == RDAP_SERVICES_MAX && json_is_string(url))
            found = service_of(b, json_string_value(url), json_string_length(url));
    }
    return found;
}

/* One pair of networks and URLs. Networks without an https URL are left out. */
static bool add_service(struct rdap_bootstrap *b, const json_t *pair, char *error)
{
    const json_t *networks = json_array_get(pair, 0), *urls = json_array_get(pair, 1), *network;
    size_t service, i;

    if (!json_is_array(networks) || !json_is_array(urls))
        return wrong(error, "a service is not a list of networks and a list of URLs");
    service = choose_service(b, urls);
    if (service == RDAP_SERVICES_MAX)
        return true;
    json_array_foreach(networks, i, network)
    {
        const char *text = json_string_value(network);
        struct prefix *p = &b->prefixes[b->prefix_count];
        if (b->prefix_count == RDAP_PREFIXES_MAX)
            return wrong(error, "too many networks");
        if (text == NULL || !parse_prefix(p, text, json_string_length(network))) {
            snprintf(error, RDAP_ERROR_BYTES_MAX, "'%.60s' is no network such as 192.0.2.0/24",
                text != NULL ? text : "?");
            return false;
        }
        p->service = (uint16_t)service;
        b->prefix_count++;
    }
    return true;
}

static bool read_services(struct rdap_bootstrap *b, const json_t *root, char *error)
{
    const json_t *services = json_object_get(root, "services"), *pair;
    size_t i;

    if (!json_is_array(services))
        return wrong(error, "no RDAP bootstrap file: there is no list 'services'");
    json_array_foreach(services, i, pair)
    {
        if (!add_service(b, pair, error))
            return false;
    }
    return b->prefix_count > 0 || wrong(error, "no network in it has an https service");
}

/* Networks of the families that b has none of, from the other. */
static bool keep_others(struct rdap_bootstrap *b, const struct rdap_bootstrap *other, char *error)
{
    bool has[2] = {rdap_bootstrap_count(b, 4) > 0, rdap_bootstrap_count(b, 6) > 0};

    for (size_t i = 0; i < other->prefix_count; i++) {
        const struct prefix *p = &other->prefixes[i];
        const char *url = other->services[p->service];
        size_t service;
        if (has[p->address.family == 6])
            continue;
        service = service_of(b, url, strlen(url));
        if (b->prefix_count == RDAP_PREFIXES_MAX || service == RDAP_SERVICES_MAX)
            return wrong(error, "too many networks");
        b->prefixes[b->prefix_count] = *p;
        b->prefixes[b->prefix_count++].service = (uint16_t)service;
    }
    return true;
}

bool rdap_bootstrap_read(
    struct rdap_bootstrap *b, const char *text, size_t size, char error[RDAP_ERROR_BYTES_MAX])
{
    json_error_t where;
    json_t *root = json_loadb(text, size, 0, &where);
    struct rdap_bootstrap *read;
    bool good;

    if (root == NULL) {
        snprintf(error, RDAP_ERROR_BYTES_MAX, "%d:%d: %s", where.line, where.column, where.text);
        return false;
    }
    read = calloc(1, sizeof *read);
    good = read != NULL ? read_services(read, root, error) && keep_others(read, b, error)
                        : wrong(error, "no memory");
    if (good)
        *b = *read;
    free(read);
    json_decref(root);
    return good;
}

/* ---- files ----------------------------------------------------------------------------------- */

/* All of a file, for free(); NULL and a word to error where it cannot be read. */
static char *load_text(const char *path, size_t *size_r, char *error)
{
    FILE *file = fopen(path, "re");
    char *text = file != NULL ? malloc(RDAP_FILE_BYTES_MAX) : NULL;

    if (text != NULL)
        *size_r = fread(text, 1, RDAP_FILE_BYTES_MAX, file);
    if (text == NULL || ferror(file)) {
        snprintf(error, RDAP_ERROR_BYTES_MAX, "%s", strerror(errno));
        free(text);
        text = NULL;
    } else if (*size_r == RDAP_FILE_BYTES_MAX) {
        wrong(error, "larger than 4 MB");
        free(text);
        text = NULL;
    }
    if (file != NULL)
        fclose(file);
    return text;
}

static bool load_file(struct rdap_bootstrap *b, const char *path, char *error)
{
    char why[RDAP_ERROR_BYTES_MAX];
    size_t size = 0;
    char *text = load_text(path, &size, why);
    bool good = text != NULL && rdap_bootstrap_read(b, text, size, why);

    free(text);
    if (!good)
        snprintf(error, RDAP_ERROR_BYTES_MAX, "%.200s: %.300s", path, why);
    return good;
}

bool rdap_bootstrap_load(
    struct rdap_bootstrap *b, const char *files, char error[RDAP_ERROR_BYTES_MAX])
{
    bool good = true;

    while (good && *files != '\0') {
        size_t size = strcspn(files, ",");
        char *path = strndup(files, size);
        good = path != NULL && load_file(b, path, error);
        free(path);
        files += size + (files[size] == ',');
    }
    return good;
}
