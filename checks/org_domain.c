/* SPDX-License-Identifier: MIT */
#include "org_domain.h"

#include <libpsl.h>
#include <string.h>

bool ma_org_domain_open(const struct ma_setup *setup, void **list_r)
{
    const char *file = ma_setting(setup, "psl");
    if (file != NULL) {
        *list_r = psl_load_file(file);
        if (*list_r == NULL)
            ma_setup_error(setup, "%s: not a public suffix list that can be read", file);
        return *list_r != NULL;
    }
    union { /* the built-in list is const, and psl_free() knows that it is not to be freed */
        const psl_ctx_t *in;
        void *out;
    } builtin = {.in = psl_builtin()};
    *list_r = builtin.out;
    return true;
}

void ma_org_domain_close(void *list)
{
    psl_free(list);
}

const char *ma_org_domain(const void *list, const char *name)
{
    return list != NULL ? psl_registrable_domain(list, name) : NULL;
}

bool ma_is_public_suffix(const void *list, const char *name)
{
    return strchr(name, '.') == NULL || (list != NULL && psl_is_public_suffix(list, name));
}
