/* SPDX-License-Identifier: MIT */
/* unit.h - what every unit test includes, in the order that cmocka needs. */
#ifndef UNIT_H
#define UNIT_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
/* clang-format on */

#define UNIT_ARENA_BYTES ((size_t)16 * 1024 * 1024)

#endif
