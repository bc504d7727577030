/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "output.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/mailaudit-output-XXXXXX", path[64];
static char *said;
static size_t said_size;
static FILE *err;

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/file", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static int setup(void **state)
{
    (void)state;
    err = open_memstream(&said, &said_size);
    umask(022);
    return err == NULL;
}

static int teardown(void **state)
{
    (void)state;
    fclose(err);
    free(said);
    unlink(path);
    return 0;
}

static unsigned files(void)
{
    unsigned count = 0;
    DIR *d = opendir(folder);
    assert_non_null(d);
    while (readdir(d) != NULL)
        count++;
    closedir(d);
    return count - 2;
}

static void write_file(const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void holds(const char *text)
{
    char line[100] = "";
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t size = fread(line, 1, sizeof line - 1, f);
    line[size] = '\0';
    fclose(f);
    assert_string_equal(line, text);
}

static unsigned mode(void)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 0777;
}

static void a_file_appears_whole(void **state)
{
    struct ma_output o;
    (void)state;
    assert_true(ma_output_open(&o, path, err));
    fputs("new", o.file);
    fflush(o.file);
    assert_int_not_equal(access(path, F_OK), 0); /* not before it is whole */
    assert_true(ma_output_close(&o, err));
    holds("new");
    assert_int_equal(mode(), 0644);
    assert_int_equal(files(), 1);
}

static void the_old_file_stays_until_then(void **state)
{
    struct ma_output o;
    (void)state;
    write_file("old");
    chmod(path, 0600);
    assert_true(ma_output_open(&o, path, err));
    fputs("new", o.file);
    fflush(o.file);
    holds("old");
    assert_true(ma_output_close(&o, err));
    holds("new");
    assert_int_equal(mode(), 0600); /* who may read it is the user's decision */
}

static void what_is_discarded_leaves_no_trace(void **state)
{
    struct ma_output o;
    (void)state;
    write_file("old");
    assert_true(ma_output_open(&o, path, err));
    fputs("new", o.file);
    ma_output_discard(&o);
    holds("old");
    assert_int_equal(files(), 1);
}

static void a_failed_write_leaves_the_old_file(void **state)
{
    struct ma_output o;
    (void)state;
    write_file("old");
    assert_true(ma_output_open(&o, path, err));
    fclose(o.file); /* in its place, a file that cannot be written */
    o.file = fopen("/dev/full", "w");
    assert_non_null(o.file);
    fputs("new", o.file);
    assert_false(ma_output_close(&o, err));
    fflush(err);
    assert_non_null(strstr(said, path));
    assert_non_null(strstr(said, "No space left"));
    holds("old");
    assert_int_equal(files(), 1);
}

static void what_cannot_be_opened_is_named(void **state)
{
    struct ma_output o;
    char bad[80];
    (void)state;
    snprintf(bad, sizeof bad, "%s/none/file", folder);
    assert_false(ma_output_open(&o, bad, err));
    fflush(err);
    assert_non_null(strstr(said, bad));
    assert_false(ma_output_open(&o, folder, err)); /* a folder */
    fflush(err);
    assert_non_null(strstr(said, "Is a directory"));
    assert_int_equal(files(), 0);
}

static void devices_are_written_to(void **state)
{
    struct ma_output o;
    (void)state;
    assert_true(ma_output_open(&o, "/dev/null", err));
    fputs("new", o.file);
    assert_true(ma_output_close(&o, err));
    assert_true(ma_output_open(&o, "/dev/full", err));
    fputs("new", o.file);
    assert_false(ma_output_close(&o, err));
    fflush(err);
    assert_non_null(strstr(said, "/dev/full"));
}

static void standard_output_stays_open(void **state)
{
    struct ma_output o;
    (void)state;
    assert_true(ma_output_open(&o, NULL, err));
    assert_ptr_equal(o.file, stdout);
    assert_true(ma_output_close(&o, err));
    assert_true(ma_output_open(&o, NULL, err));
    ma_output_discard(&o);
    assert_true(printf("# still open\n") > 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_file_appears_whole),
        CASE(the_old_file_stays_until_then),
        CASE(what_is_discarded_leaves_no_trace),
        CASE(a_failed_write_leaves_the_old_file),
        CASE(what_cannot_be_opened_is_named),
        CASE(devices_are_written_to),
        CASE(standard_output_stays_open),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
