/* SPDX-License-Identifier: MIT */
/* server.c - a name server's address as the user writes it. */
#include "sources.h"

#include <stdlib.h>
#include <string.h>

static bool parse_port(uint16_t *port_r, const char *text)
{
    unsigned value = 0;
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9' || value > 6553)
            return false;
        value = value * 10 + (unsigned)(*text - '0');
    }
    *port_r = (uint16_t)value;
    return value > 0 && value <= 65535;
}

bool ma_server_parse(struct ma_server *server, const char *text)
{
    char address[64];
    size_t size = strlen(text);
    const char *port = NULL;
    if (text[0] == '[') { /* [ADDR6] or [ADDR6]:PORT */
        const char *end = strchr(text, ']');
        if (end == NULL || (end[1] != '\0' && end[1] != ':'))
            return false;
        port = end[1] == ':' ? end + 2 : NULL;
        text++;
        size = (size_t)(end - text);
    } else {
        const char *colon = strchr(text, ':');
        if (colon != NULL && strchr(colon + 1, ':') == NULL) { /* ADDR4:PORT */
            port = colon + 1;
            size = (size_t)(colon - text);
        }
    }
    if (size >= sizeof address)
        return false;
    memcpy(address, text, size);
    address[size] = '\0';
    server->port = 53;
    return ma_address_parse(&server->address, address) &&
           (port == NULL || parse_port(&server->port, port));
}
