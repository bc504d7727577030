/* SPDX-License-Identifier: MIT */
#include "special.h"

#include <string.h>

static bool starts_with(const char *text, const char *word)
{
    return strncmp(text, word, strlen(word)) == 0;
}

const char *special_use(const struct ma_address *address)
{
    const char *use = ma_address_special(address);

    if (use == NULL || starts_with(use, "documentation") || starts_with(use, "benchmarking"))
        return NULL;
    return use;
}
