/* SPDX-License-Identifier: MIT */
#include "list_keys.h"

#include "dnsbl_lists.h"

#include <string.h>
#include <strings.h>
#include <sys/stat.h>

const char *ma_list_keyed(const char *text, size_t *key_size_r)
{
    size_t count, size = strlen(text);
    const char *const *rows = dnsbl_catalogue_rows(&count);
    size -= size > 0 && text[size - 1] == '.';
    for (size_t i = 0; i < count; i++) {
        if (strncmp(rows[i], MA_KEY_LABEL, sizeof MA_KEY_LABEL - 1) != 0)
            continue;
        const char *list = rows[i] + sizeof MA_KEY_LABEL - 1; /* ".zen.dq.spamhaus.net" */
        size_t list_size = strcspn(list, "\t");
        *key_size_r = strcspn(text, ".");
        if (size == *key_size_r + list_size &&
            strncasecmp(text + *key_size_r, list, list_size) == 0)
            return rows[i];
    }
    return NULL;
}

/* The first word of a line of the file. */
static const char *add_key_of(struct ma_keys *keys, char *line)
{
    char zone[DNSBL_ZONE_BYTES_MAX + 1];
    size_t key_size;
    char *name = line + strspn(line, " ");
    name[strcspn(name, " \r\n")] = '\0';
    const char *row = ma_list_keyed(name, &key_size);
    size_t size = row != NULL ? strcspn(row, "\t") - sizeof MA_KEY_LABEL : 0;
    if (row == NULL || size > DNSBL_ZONE_BYTES_MAX ||
        strncmp(name, MA_KEY_LABEL ".", sizeof MA_KEY_LABEL) == 0)
        return NULL;
    memcpy(zone, row + sizeof MA_KEY_LABEL, size);
    zone[size] = '\0';
    return ma_keys_add(keys, zone, name, key_size);
}

bool ma_list_keys_load(struct ma_keys *keys, const char *file, FILE *err)
{
    char line[DNSBL_LINE_BYTES_MAX + 2]; /* what is longer is no line of such a file */
    struct stat s;
    const char *fault = NULL;
    unsigned number = 0;
    FILE *in = stat(file, &s) == 0 && S_ISREG(s.st_mode) ? fopen(file, "re") : NULL;
    if (in == NULL)
        return true; /* the check will say so */
    while (fault == NULL && fgets(line, sizeof line, in) != NULL) {
        number++;
        fault = add_key_of(keys, line);
    }
    fclose(in);
    explicit_bzero(line, sizeof line);
    if (fault != NULL)
        fprintf(err, "%s:%u: %s\n", file, number, fault);
    return fault == NULL;
}
