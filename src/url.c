/* SPDX-License-Identifier: MIT */
#include "url.h"

#include "address.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char scheme[] = "https://";

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Printable ASCII only, and no backslash: some take it for a slash. Returns the size, 0 if not. */
static size_t plain_size(const char *text, bool drop_fragment)
{
    size_t size = 0;
    for (; text[size] != '\0' && text[size] != '#'; size++)
        if (text[size] <= 0x20 || text[size] >= 0x7f || text[size] == '\\' || size >= MA_URL_MAX)
            return 0;
    return text[size] == '#' && !drop_fragment ? 0 : size;
}

static bool copy_host(struct ma_url *u, const char *from, size_t size)
{
    if (size == 0 || size >= sizeof u->host)
        return false;
    for (size_t i = 0; i < size; i++)
        u->host[i] = lower(from[i]);
    u->host[size] = '\0';
    return true;
}

static bool read_host(struct ma_url *u, const char *from, size_t size)
{
    if (size >= 2 && from[0] == '[' && from[size - 1] == ']') {
        u->is_literal = true;
        return copy_host(u, from + 1, size - 2) && ma_address_parse(&u->address, u->host) &&
               u->address.family == 6 && ma_address_print(u->host, &u->address) > 0;
    }
    if (!copy_host(u, from, size))
        return false;
    if (size > 1 && u->host[size - 1] == '.')
        u->host[size - 1] = '\0';
    u->is_literal = ma_address_parse(&u->address, u->host) && u->address.family == 4;
    return u->is_literal || ma_is_hostname(u->host);
}

static bool read_port(struct ma_url *u, const char *from, size_t size)
{
    unsigned port = 0;
    if (size == 0 || size > 5)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (from[i] < '0' || from[i] > '9')
            return false;
        port = port * 10 + (unsigned)(from[i] - '0');
    }
    u->port = (uint16_t)port;
    return port > 0 && port <= UINT16_MAX;
}

/* HOST[:PORT] */
static bool read_authority(struct ma_url *u, const char *from, size_t size)
{
    const char *literal_end = memchr(from, ']', size);
    size_t host = literal_end != NULL ? (size_t)(literal_end - from) + 1 : 0;
    while (host < size && from[host] != ':')
        host++;
    u->port = MA_URL_PORT;
    if (host < size && !read_port(u, from + host + 1, size - host - 1))
        return false;
    return read_host(u, from, host);
}

bool ma_url_parse(struct ma_url *u, const char *text, bool drop_fragment)
{
    size_t size = plain_size(text, drop_fragment), skip = sizeof scheme - 1;
    char port[8] = "";
    *u = (struct ma_url){.port = 0};
    if (size <= skip || strncasecmp(text, scheme, skip) != 0)
        return false;
    const char *authority = text + skip;
    size_t authority_size = strcspn(authority, "/?#");
    if (!read_authority(u, authority, authority_size))
        return false;
    const char *rest = authority + authority_size;
    int rest_size = (int)(size - skip - authority_size);
    bool brackets = u->is_literal && u->address.family == 6;
    if (u->port != MA_URL_PORT)
        snprintf(port, sizeof port, ":%u", u->port);
    int n =
        snprintf(u->text, sizeof u->text, "%s%s%s%s%s%s%.*s", scheme, brackets ? "[" : "", u->host,
            brackets ? "]" : "", port, rest_size > 0 && *rest == '/' ? "" : "/", rest_size, rest);
    return n > 0 && (size_t)n < sizeof u->text;
}
