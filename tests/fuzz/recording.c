/* SPDX-License-Identifier: MIT */
/* A recording: dns.txt, and answers from it for each line's first word. The same bytes are read as
   audit.txt, too. */
#include "fuzz.h"

#include "observe/sources.h"
#include "recorder.h"

#include <fcntl.h>
#include <unistd.h>

static char in_memory[] = "/dev/shm/mailaudit-fuzz-XXXXXX",
            on_disk[] = "/tmp/mailaudit-fuzz-XXXXXX";
static char *folder = in_memory;
static int folder_fd = -1;

static void remove_folder(void)
{
    unlinkat(folder_fd, "dns.txt", 0);
    unlinkat(folder_fd, "audit.txt", 0);
    rmdir(folder);
}

static void make_folder(void)
{
    if (folder_fd >= 0)
        return;
    if (mkdtemp(in_memory) == NULL)
        folder = mkdtemp(on_disk);
    HOLDS(folder != NULL);
    folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    HOLDS(folder_fd >= 0 && atexit(remove_folder) == 0);
}

static void put_file(const char *name, const char *head, const uint8_t *data, size_t size)
{
    int fd = openat(folder_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    HOLDS(fd >= 0 && write(fd, head, strlen(head)) == (ssize_t)strlen(head));
    HOLDS(write(fd, data, size) == (ssize_t)size && close(fd) == 0);
}

static void ask(struct ma_store *store, const char *name)
{
    static const uint16_t types[] = {MA_A, MA_TXT, MA_MX, MA_PTR, MA_SOA};
    uint8_t wire[MA_NAME_WIRE_MAX];
    struct ma_question q = {.name = wire};
    q.name_size = (uint8_t)ma_name_to_wire(wire, name);
    for (size_t i = 0; q.name_size > 0 && i < sizeof types / sizeof *types; i++) {
        q.type = types[i];
        ma_question_seal(&q);
        struct ma_entry *e = ma_store_get(store, &q);
        HOLDS(e != NULL);
        fuzz_answer(ma_entry_answer(e));
        ma_store_release(store, e);
    }
}

static void ask_lines(struct ma_store *store, char *text)
{
    for (char *p = text; *p != '\0';) {
        size_t size = strcspn(p, "\n"), word = strcspn(p, " \t\n");
        char *end = p + size + (p[size] != '\0');
        p[word] = '\0';
        ask(store, p);
        p = end;
    }
}

static void read_audit(void)
{
    static struct ma_options options;
    memset(&options, 0, sizeof options);
    options.spec.now_secs = -1;
    ma_arena_init(&options.arena, 4096, 1024 * 1024);
    ma_recorded_options(&options, folder, true, fuzz_errors());
    ma_options_clear(&options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ma_source source;
    make_folder();
    put_file("dns.txt", "mailaudit-observations 1\n", data, size);
    put_file("audit.txt", "mailaudit-audit 1\n", data, size);
    read_audit();
    if (!ma_replay_open(&source, folder, fuzz_errors()))
        return 0;
    struct ma_store *store = ma_store_new(&source, 1, 0);
    char *text = fuzz_text(data, size);
    HOLDS(store != NULL);
    ask_lines(store, text);
    ma_store_free(store);
    free(text);
    return 0;
}
