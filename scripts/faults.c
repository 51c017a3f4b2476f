/*
 * Lets the Nth call of one kind on files below a folder fail, once: loaded before a program by LD_PRELOAD. With
 * FAULT_COUNTS it tells in that file, as "kind count" lines, how many calls of each kind there were.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const kinds[] = {"open", "read", "write", "short", "fsync", "rename", "mkdir", "unlink"};
enum { kind_count = sizeof kinds / sizeof *kinds };
static atomic_int calls[kind_count];
static atomic_char is_below[65536];

/* Whether this call is the one that is to fail. */
static int fails(const char *kind) {
  int which = 0;
  while (which < kind_count - 1 && strcmp(kinds[which], kind)) which++;
  int number = atomic_fetch_add(&calls[which], 1) + 1;
  const char *wanted = getenv("FAULT_CALL"), *nth = getenv("FAULT_NTH"), *code = getenv("FAULT_ERRNO");
  if (!wanted || !nth || !code || strcmp(wanted, kind) || number != atoi(nth)) return 0;
  const char *mark = getenv("FAULT_MARK");
  static int (*create)(const char *, mode_t);
  if (!create) create = dlsym(RTLD_NEXT, "mkdir");
  if (mark) create(mark, 0700);
  errno = atoi(code);
  return 1;
}

__attribute__((destructor)) static void tell_counts(void) {
  const char *path = getenv("FAULT_COUNTS");
  FILE *file = path ? fopen(path, "w") : NULL;
  for (int which = 0; file && which < kind_count; which++) fprintf(file, "%s %d\n", kinds[which], calls[which]);
  if (file) fclose(file);
}

static int below(const char *path) {
  const char *folder = getenv("FAULT_FOLDER");
  return folder && path && !strncmp(path, folder, strlen(folder));
}

/* Numbers of files are given out again, and closing one is not seen by libraries: the system is asked. */
static int noted(int file) {
  if (file < 0 || file >= 65536 || !is_below[file]) return 0;
  char name[64] = "/proc/self/fd/", path[4096], *digit = name + 14;
  int length = 0, rest = file;
  do length++; while (rest /= 10);
  for (rest = file; length > 0; rest /= 10) digit[--length] = '0' + rest % 10;
  ssize_t found = readlink(name, path, sizeof path - 1);
  if (found < 0) return 0;
  path[found] = 0;
  return below(path);
}

#define REAL(name) static typeof(name) *real; if (!real) real = (typeof(name) *)dlsym(RTLD_NEXT, #name)

#define OPEN(name)                                                       \
  int name(const char *path, int flags, ...) {                           \
    REAL(name);                                                          \
    mode_t mode = 0;                                                     \
    if (flags & O_CREAT) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); } \
    if (below(path) && fails("open")) return -1;                         \
    int file = real(path, flags, mode);                                  \
    if (file >= 0 && file < 65536) is_below[file] = below(path);         \
    return file;                                                         \
  }
OPEN(open)
OPEN(open64)

#define ON_FILE(result, name, kind, declared, passed)                    \
  result name declared { REAL(name); if (noted(file) && fails(kind)) return -1; return real passed; }
ON_FILE(int, fsync, "fsync", (int file), (file))
ON_FILE(int, fdatasync, "fsync", (int file), (file))
ON_FILE(ssize_t, read, "read", (int file, void *to, size_t count), (file, to, count))
ON_FILE(ssize_t, pread, "read", (int file, void *to, size_t count, off_t at), (file, to, count, at))
ON_FILE(ssize_t, pread64, "read", (int file, void *to, size_t count, off64_t at), (file, to, count, at))

/* A short write is half of one, and no error. */
#define WRITE(name, declared, passed, halved)                            \
  ssize_t name declared {                                                \
    REAL(name);                                                          \
    if (noted(file) && fails("write")) return -1;                        \
    if (noted(file) && count > 1 && fails("short")) return real halved;  \
    return real passed;                                                  \
  }
WRITE(write, (int file, const void *from, size_t count), (file, from, count), (file, from, count / 2))
WRITE(pwrite, (int file, const void *from, size_t count, off_t at), (file, from, count, at), (file, from, count / 2, at))
WRITE(pwrite64, (int file, const void *from, size_t count, off64_t at), (file, from, count, at), (file, from, count / 2, at))

#define ON_PATH(name, kind, declared, passed)                            \
  int name declared { REAL(name); if (below(path) && fails(kind)) return -1; return real passed; }
ON_PATH(rename, "rename", (const char *path, const char *to), (path, to))
ON_PATH(mkdir, "mkdir", (const char *path, mode_t mode), (path, mode))
ON_PATH(unlink, "unlink", (const char *path), (path))
ON_PATH(rmdir, "unlink", (const char *path), (path))
