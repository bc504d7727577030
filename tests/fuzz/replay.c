/* SPDX-License-Identifier: MIT */
/* The main program where there is no libFuzzer: each file of a folder, whole and cut off. */
#include "fuzz.h"

#include <dirent.h>
#include <limits.h>

#define INPUT_BYTES_MAX (1024 * 1024)
#define CUTS_MAX        64 /* of one file */

static bool is_file(const char *name)
{
    return name[0] != '.';
}

static size_t read_input(const char *path, uint8_t *bytes)
{
    FILE *in = fopen(path, "rb");
    if (in == NULL)
        return SIZE_MAX;
    size_t size = fread(bytes, 1, INPUT_BYTES_MAX, in);
    fclose(in);
    return size;
}

static void replay(const uint8_t *bytes, size_t size)
{
    size_t step = size / CUTS_MAX + 1;
    LLVMFuzzerTestOneInput(bytes, size);
    for (size_t cut = 0; cut < size; cut += step) {
        uint8_t *copy = malloc(cut > 0 ? cut : 1);
        HOLDS(copy != NULL);
        memcpy(copy, bytes, cut);
        LLVMFuzzerTestOneInput(copy, cut);
        free(copy);
    }
}

int main(int argc, char **argv)
{
    static uint8_t bytes[INPUT_BYTES_MAX];
    unsigned count = 0;
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    if (folder == NULL) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    for (struct dirent *e = readdir(folder); e != NULL; e = readdir(folder)) {
        char path[PATH_MAX];
        int n = snprintf(path, sizeof path, "%s/%s", argv[1], e->d_name);
        if (!is_file(e->d_name) || n < 0 || (size_t)n >= sizeof path)
            continue;
        size_t size = read_input(path, bytes);
        if (size == SIZE_MAX)
            continue;
        replay(bytes, size);
        count++;
    }
    closedir(folder);
    printf("%u inputs\n", count);
    return count > 0 ? 0 : 1;
}
