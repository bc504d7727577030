/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static unsigned sum; /* what was read must be used, or the compiler leaves the reading out */

static void read_bytes(const void *bytes, size_t size)
{
    const uint8_t *p = bytes;
    for (size_t i = 0; i < size; i++)
        sum += p[i];
}

static void read_name(const char *name)
{
    uint8_t wire[MA_NAME_WIRE_MAX];
    HOLDS(name != NULL && ma_name_to_wire(wire, name) > 0);
}

static void read_txt(const struct ma_rr *rr)
{
    size_t size = 0;
    for (size_t i = 0; i < rr->txt.string_count; i++)
        size += rr->txt.string_sizes[i];
    HOLDS(size == rr->txt.size && rr->txt.bytes[size] == '\0');
    read_bytes(rr->txt.bytes, size);
}

static void read_rr(const struct ma_rr *rr)
{
    read_name(rr->owner);
    read_bytes(rr->rdata, rr->rdata_size);
    HOLDS(rr->ttl_secs <= INT32_MAX);
    switch (rr->type) {
    case MA_A:
    case MA_AAAA:
        HOLDS(rr->address.family == (rr->type == MA_A ? 4 : 6));
        break;
    case MA_NS:
    case MA_CNAME:
    case MA_PTR:
    case MA_DNAME:
        read_name(rr->name);
        break;
    case MA_MX:
        read_name(rr->mx.exchange);
        break;
    case MA_TXT:
        read_txt(rr);
        break;
    case MA_SOA:
        read_name(rr->soa.primary);
        read_name(rr->soa.mailbox);
        break;
    default:
        break;
    }
}

void fuzz_answer(const struct ma_answer *a)
{
    HOLDS(a->status == MA_OK || a->status == MA_NODATA || a->status == MA_NXDOMAIN ||
          a->status == MA_FAILED);
    HOLDS((a->status == MA_OK) == (a->rr_count > 0));
    HOLDS((a->status == MA_FAILED) == (a->failure != MA_FAIL_NONE));
    HOLDS(a->chain_count <= MA_CNAME_MAX && (a->status != MA_FAILED || a->chain_count == 0));
    HOLDS(a->detail != NULL);
    read_name(a->name);
    for (size_t i = 0; i < a->chain_count; i++)
        read_rr(&a->chain[i]);
    for (size_t i = 0; i < a->rr_count; i++) {
        HOLDS(a->rrs[i].type == a->type);
        read_rr(&a->rrs[i]);
    }
}

char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    HOLDS(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

const char *fuzz_file(const uint8_t *data, size_t size)
{
    static char name[32];
    static int fd = -1;
    if (fd < 0) {
        fd = memfd_create("fuzz", MFD_CLOEXEC);
        HOLDS(fd >= 0);
        snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    }
    HOLDS(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    return name;
}

static char in_memory[] = "/dev/shm/mailaudit-fuzz-XXXXXX",
            on_disk[] = "/tmp/mailaudit-fuzz-XXXXXX";
static char *folder;
static int folder_fd = -1;

static void remove_folder(void)
{
    DIR *d = fdopendir(folder_fd);
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;)
        if (e->d_name[0] != '.')
            unlinkat(folder_fd, e->d_name, 0);
    if (d != NULL)
        closedir(d);
    rmdir(folder);
}

const char *fuzz_folder(void)
{
    if (folder != NULL)
        return folder;
    folder = mkdtemp(in_memory);
    if (folder == NULL)
        folder = mkdtemp(on_disk);
    HOLDS(folder != NULL);
    folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    HOLDS(folder_fd >= 0 && atexit(remove_folder) == 0);
    return folder;
}

void fuzz_put(const char *name, const char *head, const void *bytes, size_t size)
{
    fuzz_folder();
    int fd = openat(folder_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    HOLDS(fd >= 0 && write(fd, head, strlen(head)) == (ssize_t)strlen(head));
    HOLDS(write(fd, bytes, size) == (ssize_t)size && close(fd) == 0);
}

void fuzz_ask(struct ma_store *store, const char *name, const uint16_t *types, size_t type_count)
{
    uint8_t wire[MA_NAME_WIRE_MAX];
    struct ma_question q = {.name = wire};
    q.name_size = (uint8_t)ma_name_to_wire(wire, name);
    for (size_t i = 0; q.name_size > 0 && i < type_count; i++) {
        q.type = types[i];
        ma_question_seal(&q);
        struct ma_entry *e = ma_store_get(store, &q);
        HOLDS(e != NULL);
        fuzz_answer(ma_entry_answer(e));
        ma_store_release(store, e);
    }
}

FILE *fuzz_errors(void)
{
    static FILE *errors;
    if (errors == NULL)
        errors = fopen("/dev/null", "w");
    HOLDS(errors != NULL);
    return errors;
}
