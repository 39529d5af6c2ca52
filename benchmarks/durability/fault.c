// Loaded with LD_PRELOAD: makes the n-th of the calls below that touches a path containing FAULT_PATH fail, once.
//   FAULT_CALL   write, fsync, rename, open or short (half of what is asked for is written, the rest by the caller's next try)
//   FAULT_NUMBER which of those calls, from 1
//   FAULT_ERRNO  the error number
//   FAULT_MARK   a file that is made when the fault fires
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

static atomic_int calls;

static int fires(const char *call, const char *path) {
    const char *wanted = getenv("FAULT_CALL"), *part = getenv("FAULT_PATH"), *number = getenv("FAULT_NUMBER"), *mark = getenv("FAULT_MARK");
    if (wanted == NULL || part == NULL || number == NULL || mark == NULL || strcmp(wanted, call) != 0 || strstr(path, part) == NULL) return 0;
    if (atomic_fetch_add(&calls, 1) + 1 != atoi(number)) return 0;
    int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
    int descriptor = real(mark, O_CREAT | O_WRONLY, 0600);
    if (descriptor >= 0) close(descriptor);
    return 1;
}

static int fail(void) {
    const char *code = getenv("FAULT_ERRNO");
    errno = code == NULL ? EIO : atoi(code);
    return -1;
}

static const char *path_of(int descriptor, char *buffer, size_t size) {
    char link[64];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, buffer, size - 1);
    buffer[length < 0 ? 0 : length] = 0;
    return buffer;
}

#define REAL(result, name, ...) result (*real)(__VA_ARGS__) = (result (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

ssize_t write(int descriptor, const void *bytes, size_t count) {
    REAL(ssize_t, "write", int, const void *, size_t);
    char path[4096];
    path_of(descriptor, path, sizeof(path));
    if (fires("write", path)) return fail();
    if (count > 1 && fires("short", path)) count /= 2;
    return real(descriptor, bytes, count);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset) {
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
    char path[4096];
    path_of(descriptor, path, sizeof(path));
    if (fires("write", path)) return fail();
    if (count > 1 && fires("short", path)) count /= 2;
    return real(descriptor, bytes, count, offset);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) { return pwrite64(descriptor, bytes, count, offset); }

int fsync(int descriptor) {
    REAL(int, "fsync", int);
    char path[4096];
    if (fires("fsync", path_of(descriptor, path, sizeof(path)))) return fail();
    return real(descriptor);
}

int fdatasync(int descriptor) {
    REAL(int, "fdatasync", int);
    char path[4096];
    if (fires("fsync", path_of(descriptor, path, sizeof(path)))) return fail();
    return real(descriptor);
}

int rename(const char *old, const char *new) {
    REAL(int, "rename", const char *, const char *);
    if (fires("rename", new)) return fail();
    return real(old, new);
}

static int opened(const char *name, const char *path, int flags, mode_t mode) {
    REAL(int, name, const char *, int, ...);
    if ((flags & (O_WRONLY | O_RDWR | O_CREAT)) != 0 && fires("open", path)) return fail();
    return real(path, flags, mode);
}

int open(const char *path, int flags, ...) {
    va_list list;
    va_start(list, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(list, mode_t) : 0;
    va_end(list);
    return opened("open", path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list list;
    va_start(list, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(list, mode_t) : 0;
    va_end(list);
    return opened("open64", path, flags, mode);
}
