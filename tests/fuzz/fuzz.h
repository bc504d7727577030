/* SPDX-License-Identifier: MIT */
/*
 * fuzz.h - what every fuzz target includes. A target is one file with LLVMFuzzerTestOneInput(), a
 * row in meson.build and a folder of seeds, corpus/NAME.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "observe/store.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold for every input; abort() is what libFuzzer takes for a find. */
#define HOLDS(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);         \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* A settled answer: its parts agree with each other, and all of it may be read. */
void fuzz_answer(const struct ma_answer *);

/* The bytes as a string of their own: a read past the end is seen. free() it. */
char *fuzz_text(const uint8_t *data, size_t size);

/* The bytes as a file, until the next call; the name is static. */
const char *fuzz_file(const uint8_t *data, size_t size);

/* A folder of this process that goes with it; and a file in it, made of the head and the bytes. */
const char *fuzz_folder(void);
void fuzz_put(const char *name, const char *head, const void *bytes, size_t size);

/* Asks for each type of that name, if it can be one, and looks at the answers. */
void fuzz_ask(struct ma_store *, const char *name, const uint16_t *types, size_t type_count);

/* Where errors may be written to; nobody reads them. */
FILE *fuzz_errors(void);

#endif
