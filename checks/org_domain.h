/* SPDX-License-Identifier: MIT */
/*
 * org_domain.h - the public suffix list (libpsl) and RFC 7489's organizational domain. Names are
 * lower-case A-labels without a trailing dot, as all names in a check are; no addresses.
 */
#ifndef MA_ORG_DOMAIN_H
#define MA_ORG_DOMAIN_H

#include <mailaudit/check.h>

/* For ma_check.open and .close: the list of setting "psl", a file, or libpsl's own. */
bool ma_org_domain_open(const struct ma_setup *, void **list_r);
void ma_org_domain_close(void *list);

/* One label more than the longest public suffix of name, a pointer into it. NULL: name is a public
   suffix itself, or list is NULL (libpsl has none built in). */
const char *ma_org_domain(const void *list, const char *name);
/* Is it on the list, or a single label? */
bool ma_is_public_suffix(const void *list, const char *name);

#endif
