/* SPDX-License-Identifier: MIT */
/* special.h - special-purpose addresses, as the checks of hosts see them. */
#ifndef MA_SPECIAL_H
#define MA_SPECIAL_H

#include <mailaudit/check.h>

/*
 * What keeps mail from or to the address ("private use, RFC 1918"), or NULL. Addresses set aside
 * for documentation and benchmarking are those of examples and test beds, where no mail is at
 * stake: their hosts are looked at as if they were real.
 */
const char *special_use(const struct ma_address *);

#endif
