#define _GNU_SOURCE
#include "file_mapping.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SLOT_COUNT = 1024 };

typedef struct {
    atomic_uint generation; // even: free; a signal that finds it changed has read the bounds of two mappings
    atomic_uintptr_t start;
    atomic_uintptr_t end;
    atomic_bool faulted;
} Slot;

static Slot slots[SLOT_COUNT];
static pthread_mutex_t slots_lock = PTHREAD_MUTEX_INITIALIZER;
static bool handler_installed;
static struct sigaction previous_action;
static uintptr_t page_size = 4096;

// Runs on the faulting thread; mmap is a plain system call here, as is usual for such handlers on Linux.
static void on_bus_error(int signal_number, siginfo_t *info, void *context) {
    const uintptr_t address = (uintptr_t)info->si_addr;
    for (int i = 0; i < SLOT_COUNT; i++) {
        const unsigned generation = atomic_load(&slots[i].generation);
        const uintptr_t start = atomic_load(&slots[i].start);
        const uintptr_t end = atomic_load(&slots[i].end);
        if (generation % 2 == 0 || address < start || address >= end || atomic_load(&slots[i].generation) != generation) continue;
        const uintptr_t page = address & ~(page_size - 1);
        void *mapped = mmap((void *)page, end - page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        if (mapped == MAP_FAILED) break;
        atomic_store(&slots[i].faulted, true);
        return;
    }
    if (previous_action.sa_flags & SA_SIGINFO) {
        previous_action.sa_sigaction(signal_number, info, context);
    } else if (previous_action.sa_handler != SIG_DFL && previous_action.sa_handler != SIG_IGN) {
        previous_action.sa_handler(signal_number);
    } else {
        signal(SIGBUS, SIG_DFL); // the access is repeated on return and ends the process as it would have
    }
}

int radphi_mapping_guard(void *base, size_t length) {
    int found = -1;
    pthread_mutex_lock(&slots_lock);
    if (!handler_installed) {
        page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
        struct sigaction action = {0};
        action.sa_sigaction = on_bus_error;
        action.sa_flags = SA_SIGINFO | SA_ONSTACK;
        sigemptyset(&action.sa_mask);
        handler_installed = sigaction(SIGBUS, &action, &previous_action) == 0;
    }
    for (int i = 0; handler_installed && i < SLOT_COUNT && found < 0; i++) {
        if (atomic_load(&slots[i].generation) % 2 != 0) continue;
        const uintptr_t whole_pages = (length + page_size - 1) & ~(page_size - 1);
        atomic_store(&slots[i].faulted, false);
        atomic_store(&slots[i].end, (uintptr_t)base + whole_pages);
        atomic_store(&slots[i].start, (uintptr_t)base);
        atomic_fetch_add(&slots[i].generation, 1);
        found = i;
    }
    pthread_mutex_unlock(&slots_lock);
    return found;
}

bool radphi_mapping_faulted(int slot) {
    return slot >= 0 && slot < SLOT_COUNT && atomic_load(&slots[slot].faulted);
}

void radphi_mapping_release(int slot) {
    if (slot >= 0 && slot < SLOT_COUNT) atomic_fetch_add(&slots[slot].generation, 1);
}
