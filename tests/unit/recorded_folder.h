/* SPDX-License-Identifier: MIT */
/* recorded_folder.h - a folder of the test's, to read recordings from. For the one .c file that is
   the test. */
#ifndef UNIT_RECORDED_FOLDER_H
#define UNIT_RECORDED_FOLDER_H

#include "unit.h"

#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/mailaudit-unit-XXXXXX";

/* A file of that text in the folder; NULL: there is none. */
static void put(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    unlink(path);
    if (text == NULL)
        return;
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    assert_int_equal(fclose(out), 0);
}

static int setup(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

/* What open() says of the folder, its first line without the path; "" when it is opened. free() */
static char *said_of(bool (*open)(void *source, FILE *err), void *source)
{
    char *said = NULL;
    size_t size = 0;
    FILE *err = open_memstream(&said, &size);
    assert_non_null(err);
    bool ok = open(source, err);
    fclose(err);
    assert_true(ok == (*said == '\0'));
    if (!ok) {
        assert_int_equal(strncmp(said, folder, strlen(folder)), 0);
        memmove(said, said + strlen(folder), strlen(said + strlen(folder)) + 1);
        said[strcspn(said, "\n")] = '\0';
    }
    return said;
}

#endif
