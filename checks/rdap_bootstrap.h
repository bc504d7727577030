/* SPDX-License-Identifier: MIT */
/*
 * rdap_bootstrap.h - which RDAP service answers for an address (RFC 9224): the table of
 * rdap_services.tsv, or files of the form of IANA's ipv4.json and ipv6.json in its place.
 *
 * It is made once a process, in open(), and is read only from then on.
 */
#ifndef MA_RDAP_BOOTSTRAP_H
#define MA_RDAP_BOOTSTRAP_H

#include <mailaudit/check.h>

#define RDAP_URL_MAX         256  /* bytes of a base URL, with slash and NUL */
#define RDAP_SERVICES_MAX    512  /* base URLs */
#define RDAP_PREFIXES_MAX    8192 /* networks; IANA's files have some 300 */
#define RDAP_FILE_BYTES_MAX  (4 * 1024 * 1024)
#define RDAP_ERROR_BYTES_MAX 512

struct rdap_bootstrap;

/* The built-in table; NULL without memory. To be freed, NULL allowed. */
struct rdap_bootstrap *rdap_bootstrap_new(void);
void rdap_bootstrap_free(struct rdap_bootstrap *);

/*
 * Reads the text of a bootstrap file: what it says of IPv4, or IPv6, takes the place of all that
 * the built-in table says of it. False, and in error what is wrong ("LINE:COLUMN: ..."), for what
 * is no bootstrap file for addresses; then nothing is changed.
 */
bool rdap_bootstrap_read(
    struct rdap_bootstrap *, const char *text, size_t size, char error[RDAP_ERROR_BYTES_MAX]);
/* The same from files, a comma between; an error names the file. For open() only. */
bool rdap_bootstrap_load(
    struct rdap_bootstrap *, const char *files, char error[RDAP_ERROR_BYTES_MAX]);

/* The https base URL for the address, with a slash at the end; NULL: none is known. */
const char *rdap_bootstrap_find(const struct rdap_bootstrap *, const struct ma_address *);

/* The rows of the built-in table, for its tests. */
const char *const *rdap_bootstrap_rows(size_t *count_r);

/* Networks of a family (4 or 6) in it. */
size_t rdap_bootstrap_count(const struct rdap_bootstrap *, unsigned family);

#endif
