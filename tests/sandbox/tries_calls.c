/* Tries by system calls that touch no file. */
#undef NDEBUG
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/kvm.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "tries.h"

/* Younger than the C library's headers. */
#define CALL_MEMFD_SECRET 447
#define CALL_FCHMODAT2    452

#define THREAD_FLAGS                                                                  \
  (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | \
   CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)

#define PASSWD     ((long) "/etc/passwd")
#define READ_WRITE (PROT_READ | PROT_WRITE)
#define ANONYMOUS  (MAP_PRIVATE | MAP_ANONYMOUS)

static int result_of(int result)
{
  return result < 0 ? errno : WORKS;
}

/* The table of system calls that 32-bit programs use. */
static int call_32_bit(void)
{
  long result = 20; /* getpid */
  __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
  return result > 0 ? WORKS : (int) -result;
}

static int connect_tcp(void)
{
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in to = {.sin_family = AF_INET,
                           .sin_port = htons(server_port()),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  return result_of(connect(fd, (struct sockaddr *) &to, sizeof(to)));
}

static int bind_tcp(void)
{
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  return result_of(bind(fd, (struct sockaddr *) &to, sizeof(to)));
}

static int connect_abstract(void)
{
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  snprintf(to.sun_path + 1, sizeof(to.sun_path) - 1, SOCKET_NAME "-%d", getppid());
  return result_of(connect(fd, (struct sockaddr *) &to, sizeof(to)));
}

/* How the monitor's own code ends when it finds itself broken. Each says so on standard error. */
static int end_by_abort(void)
{
  abort();
}

static int end_by_assertion(void)
{
  assert(server_port() == 0);
  return WORKS;
}

static int end_by_stack_protector(void)
{
  extern _Noreturn void __stack_chk_fail(void);
  __stack_chk_fail();
}

static int end_by_allocator(void)
{
  volatile size_t offset = 16;
  static char *memory;
  memory = malloc(100);
  free((void *) ((uintptr_t) memory + offset));
  return WORKS;
}

/* That of a process of the same user, with more privileges. */
static int read_parent(void)
{
  static char here;
  char there;
  struct iovec from = {&here, 1};
  struct iovec to = {&there, 1};
  return result_of((int) process_vm_readv(getppid(), &to, 1, &from, 1, 0));
}

static int has_no_new_privileges(void)
{
  return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? EPERM : WORKS;
}

static const struct try calls[] = {
    /* What is needed is there, and no more of it. */
    {"mmap", WORKS, SYS_mmap, {0, 4096, READ_WRITE, ANONYMOUS, -1}},
    {"sysinfo", WORKS, SYS_sysinfo, {SCRATCH}},
    {"tgkill of itself", WORKS, SYS_tgkill, {SELF, SELF, 0}},
    {"a filter on top", EFAULT, SYS_seccomp, {SECCOMP_SET_MODE_FILTER, 0, 0}},
    {"its own CPUs", WORKS, SYS_sched_setaffinity, {0, 128, (long) &(const cpu_set_t){{3}}}},
    {"descriptor of a parent", EBADF, SYS_fcntl, {INHERITED, F_GETFL}},
    {"clone3", ENOSYS, SYS_clone3, {SCRATCH, 88}},
    /* As libdw and the C library do it. */
    {"openat as libdw does", EACCES, SYS_openat, {AT_FDCWD, PASSWD, O_RDONLY}},
    {"readlink as libdw does", EACCES, SYS_readlink, {(long) "/proc/self/exe", SCRATCH, 99}},

    /* Files by names */
    {"open", KILLED, SYS_open, {PASSWD, O_RDONLY}},
    {"openat", KILLED, SYS_openat, {AT_FDCWD, PASSWD, O_RDONLY | O_CLOEXEC}},
    {"openat to write", KILLED, SYS_openat, {AT_FDCWD, (long) "outside/file", O_WRONLY}},
    {"openat to make", KILLED, SYS_openat, {AT_FDCWD, (long) "new", O_CREAT | O_RDWR, 0600}},
    {"openat of a path", KILLED, SYS_openat, {AT_FDCWD, PASSWD, O_PATH}},
    {"openat2", KILLED, SYS_openat2, {AT_FDCWD, PASSWD, SCRATCH, 24}},
    {"creat", KILLED, SYS_creat, {(long) "new", 0600}},
    {"stat", KILLED, SYS_stat, {PASSWD, SCRATCH}},
    {"lstat", KILLED, SYS_lstat, {PASSWD, SCRATCH}},
    {"newfstatat", KILLED, SYS_newfstatat, {AT_FDCWD, PASSWD, SCRATCH, 0}},
    {"newfstatat, empty path allowed",
     KILLED,
     SYS_newfstatat,
     {AT_FDCWD, PASSWD, SCRATCH, AT_EMPTY_PATH}},
    {"statx", KILLED, SYS_statx, {AT_FDCWD, PASSWD, 0, 0, SCRATCH}},
    {"access", KILLED, SYS_access, {PASSWD, R_OK}},
    {"faccessat2", KILLED, SYS_faccessat2, {AT_FDCWD, PASSWD, R_OK, 0}},
    {"readlinkat", KILLED, SYS_readlinkat, {AT_FDCWD, (long) "/proc/self/exe", SCRATCH, 99}},
    {"getdents64", KILLED, SYS_getdents64, {0, SCRATCH, 4096}},
    {"unlink", KILLED, SYS_unlink, {(long) "outside/file"}},
    {"unlinkat", KILLED, SYS_unlinkat, {AT_FDCWD, (long) "outside/file", 0}},
    {"rename", KILLED, SYS_rename, {(long) "outside/file", (long) "new"}},
    {"renameat2",
     KILLED,
     SYS_renameat2,
     {AT_FDCWD, (long) "outside/file", AT_FDCWD, (long) "new", 0}},
    {"mkdir", KILLED, SYS_mkdir, {(long) "new", 0700}},
    {"mknod", KILLED, SYS_mknod, {(long) "new", 0100600, 0}},
    {"link", KILLED, SYS_link, {(long) "outside/file", (long) "new"}},
    {"symlink", KILLED, SYS_symlink, {(long) "outside/file", (long) "new"}},
    {"chmod", KILLED, SYS_chmod, {(long) "outside/file", 0777}},
    {"fchmodat2", KILLED, CALL_FCHMODAT2, {AT_FDCWD, (long) "outside/file", 0777, 0}},
    {"chown", KILLED, SYS_chown, {(long) "outside/file", -1, -1}},
    {"utimensat", KILLED, SYS_utimensat, {AT_FDCWD, (long) "outside/file", 0, 0}},
    {"truncate", KILLED, SYS_truncate, {(long) "outside/file", 0}},
    {"setxattr", KILLED, SYS_setxattr, {(long) "outside/file", (long) "user.a", SCRATCH, 1, 0}},
    {"chdir", KILLED, SYS_chdir, {(long) "/"}},
    {"name_to_handle_at", KILLED, SYS_name_to_handle_at, {AT_FDCWD, PASSWD, SCRATCH, SCRATCH, 0}},
    {"open_by_handle_at", KILLED, SYS_open_by_handle_at, {AT_FDCWD, SCRATCH, 0}},
    {"inotify", KILLED, SYS_inotify_init1, {0}},
    {"fanotify", KILLED, SYS_fanotify_init, {0, 0}},

    /* Network */
    {"socket", KILLED, SYS_socket, {AF_INET, SOCK_STREAM, 0}},
    {"socket of a path", KILLED, SYS_socket, {AF_UNIX, SOCK_STREAM, 0}},
    {"socketpair", KILLED, SYS_socketpair, {AF_UNIX, SOCK_STREAM, 0, SCRATCH}},
    {"connect", KILLED, SYS_connect, {0, SCRATCH, 16}},
    {"bind", KILLED, SYS_bind, {0, SCRATCH, 16}},
    {"sendto", KILLED, SYS_sendto, {0, SCRATCH, 1, 0, 0, 0}},
    {"sendmsg", KILLED, SYS_sendmsg, {0, SCRATCH, 0}},
    {"recvmsg", KILLED, SYS_recvmsg, {0, SCRATCH, 0}},

    /* Other processes */
    {"ptrace", KILLED, SYS_ptrace, {PTRACE_ATTACH, PARENT}},
    {"ptrace of itself", KILLED, SYS_ptrace, {PTRACE_TRACEME}},
    {"process_vm_readv", KILLED, SYS_process_vm_readv, {PARENT, SCRATCH, 1, SCRATCH, 1, 0}},
    {"process_vm_writev", KILLED, SYS_process_vm_writev, {PARENT, SCRATCH, 1, SCRATCH, 1, 0}},
    {"kill", KILLED, SYS_kill, {PARENT, 0}},
    {"kill of all", KILLED, SYS_kill, {-1, 0}},
    {"kill of its group", KILLED, SYS_kill, {0, 0}},
    {"tgkill", KILLED, SYS_tgkill, {PARENT, PARENT, 0}},
    {"tkill", KILLED, SYS_tkill, {PARENT, 0}},
    {"rt_sigqueueinfo", KILLED, SYS_rt_sigqueueinfo, {PARENT, SIGUSR1, SCRATCH}},
    {"rt_tgsigqueueinfo", KILLED, SYS_rt_tgsigqueueinfo, {PARENT, PARENT, SIGUSR1, SCRATCH}},
    {"pidfd_open", KILLED, SYS_pidfd_open, {PARENT, 0}},
    {"pidfd_getfd", KILLED, SYS_pidfd_getfd, {0, 0, 0}},
    {"pidfd_send_signal", KILLED, SYS_pidfd_send_signal, {0, SIGUSR1, 0, 0}},
    {"prlimit64", KILLED, SYS_prlimit64, {PARENT, RLIMIT_NOFILE, 0, SCRATCH}},
    {"setpriority", KILLED, SYS_setpriority, {PRIO_PROCESS, PARENT, 5}},
    {"sched_setscheduler", KILLED, SYS_sched_setscheduler, {PARENT, SCHED_OTHER, SCRATCH}},
    {"sched_setaffinity", KILLED, SYS_sched_setaffinity, {PARENT, 128, SCRATCH}},
    {"wait4", ECHILD, SYS_wait4, {-1, 0, 0, 0}},
    {"setpgid", KILLED, SYS_setpgid, {0, 0}},
    {"setsid", KILLED, SYS_setsid, {0}},

    /* Programs and processes */
    {"execve", KILLED, SYS_execve, {(long) "/bin/true", 0, 0}},
    {"execveat", KILLED, SYS_execveat, {AT_FDCWD, (long) "/bin/true", 0, 0, 0}},
    {"fork", KILLED, SYS_fork, {0}},
    {"vfork", KILLED, SYS_vfork, {0}},
    {"clone as fork does",
     KILLED,
     SYS_clone,
     {CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD}},
    {"clone: users", KILLED, SYS_clone, {CLONE_NEWUSER | SIGCHLD}},
    {"clone: mounts", KILLED, SYS_clone, {CLONE_NEWNS | SIGCHLD}},
    {"clone: processes", KILLED, SYS_clone, {CLONE_NEWPID | SIGCHLD}},
    {"clone: network", KILLED, SYS_clone, {CLONE_NEWNET | SIGCHLD}},
    {"clone: System V IPC", KILLED, SYS_clone, {CLONE_NEWIPC | SIGCHLD}},
    {"clone: host name", KILLED, SYS_clone, {CLONE_NEWUTS | SIGCHLD}},
    {"clone: control groups", KILLED, SYS_clone, {CLONE_NEWCGROUP | SIGCHLD}},
    {"clone: a thread, and more", KILLED, SYS_clone, {THREAD_FLAGS | CLONE_NEWUSER}},
    {"clone: a thread that is not traced", KILLED, SYS_clone, {THREAD_FLAGS | CLONE_UNTRACED}},
    {"unshare: users", KILLED, SYS_unshare, {CLONE_NEWUSER}},
    {"unshare: mounts", KILLED, SYS_unshare, {CLONE_NEWNS}},
    {"unshare: files", KILLED, SYS_unshare, {CLONE_FILES}},
    {"setns", KILLED, SYS_setns, {0, 0}},

    /* The system */
    {"mount", KILLED, SYS_mount, {0, (long) "/tmp", (long) "tmpfs", 0, 0}},
    {"umount2", KILLED, SYS_umount2, {(long) "/proc", MNT_DETACH}},
    {"fsopen", KILLED, SYS_fsopen, {(long) "tmpfs", 0}},
    {"open_tree", KILLED, SYS_open_tree, {AT_FDCWD, (long) "/", 0}},
    {"move_mount", KILLED, SYS_move_mount, {0, SCRATCH, 0, SCRATCH, 0}},
    {"chroot", KILLED, SYS_chroot, {(long) "outside"}},
    {"pivot_root", KILLED, SYS_pivot_root, {(long) "outside", (long) "outside"}},
    {"io_uring_setup", KILLED, SYS_io_uring_setup, {1, SCRATCH}},
    {"io_uring_enter", KILLED, SYS_io_uring_enter, {0, 1, 0, 0, 0, 0}},
    {"io_setup", KILLED, SYS_io_setup, {1, SCRATCH}},
    {"bpf", KILLED, SYS_bpf, {0, SCRATCH, 64}},
    {"perf_event_open", KILLED, SYS_perf_event_open, {SCRATCH, 0, -1, -1, 0}},
    {"userfaultfd", KILLED, SYS_userfaultfd, {0}},
    {"keyctl", KILLED, SYS_keyctl, {0, -3}},
    {"add_key", KILLED, SYS_add_key, {(long) "user", (long) "a", SCRATCH, 1, -3}},
    {"request_key", KILLED, SYS_request_key, {(long) "user", (long) "a", 0, 0}},
    {"init_module", KILLED, SYS_init_module, {SCRATCH, 1, SCRATCH}},
    {"finit_module", KILLED, SYS_finit_module, {0, SCRATCH, 0}},
    {"kexec_load", KILLED, SYS_kexec_load, {0, 0, 0, 0}},
    {"reboot", KILLED, SYS_reboot, {0, 0, 0, 0}},
    {"swapon", KILLED, SYS_swapon, {(long) "outside/file", 0}},
    {"sethostname", KILLED, SYS_sethostname, {(long) "a", 1}},
    {"settimeofday", KILLED, SYS_settimeofday, {0, 0}},
    {"clock_settime", KILLED, SYS_clock_settime, {0, SCRATCH}},
    {"iopl", KILLED, SYS_iopl, {3}},
    {"ioperm", KILLED, SYS_ioperm, {0, 1, 1}},
    {"modify_ldt", KILLED, SYS_modify_ldt, {0, SCRATCH, 16}},
    {"syslog", KILLED, SYS_syslog, {3, SCRATCH, 10}},
    {"quotactl", KILLED, SYS_quotactl, {0, 0, 0, 0}},
    {"acct", KILLED, SYS_acct, {0}},

    /* Rights */
    {"setuid", KILLED, SYS_setuid, {0}},
    {"setgid", KILLED, SYS_setgid, {0}},
    {"setresuid", KILLED, SYS_setresuid, {0, 0, 0}},
    {"setgroups", KILLED, SYS_setgroups, {0, 0}},
    {"setfsuid", KILLED, SYS_setfsuid, {0}},
    {"capset", KILLED, SYS_capset, {SCRATCH, SCRATCH}},
    {"personality", KILLED, SYS_personality, {READ_IMPLIES_EXEC}},
    {"prctl: memory map", KILLED, SYS_prctl, {PR_SET_MM, 0, 0, 0, 0}},
    {"prctl: ptrace", KILLED, SYS_prctl, {PR_SET_PTRACER, -1, 0, 0, 0}},
    {"prctl: core files", KILLED, SYS_prctl, {PR_SET_DUMPABLE, 1, 0, 0, 0}},
    {"prctl: children", KILLED, SYS_prctl, {PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0}},
    {"arch_prctl", KILLED, SYS_arch_prctl, {0x1003, SCRATCH}},
    {"seccomp for all threads",
     KILLED,
     SYS_seccomp,
     {SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, SCRATCH}},
    {"seccomp with a listener",
     KILLED,
     SYS_seccomp,
     {SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, SCRATCH}},
    {"seccomp, strict", KILLED, SYS_seccomp, {SECCOMP_SET_MODE_STRICT, 0, 0}},
    {"umask", KILLED, SYS_umask, {0}},

    /* Memory */
    {"mmap of code", KILLED, SYS_mmap, {0, 4096, PROT_READ | PROT_EXEC, ANONYMOUS, -1, 0}},
    {"mmap of all rights", KILLED, SYS_mmap, {0, 4096, READ_WRITE | PROT_EXEC, ANONYMOUS, -1, 0}},
    {"mprotect to code", KILLED, SYS_mprotect, {0, 4096, PROT_READ | PROT_EXEC}},
    {"pkey_mprotect", KILLED, SYS_pkey_mprotect, {0, 4096, PROT_READ | PROT_EXEC, -1}},
    {"shmget", KILLED, SYS_shmget, {0, 4096, 0600}},
    {"shmat", KILLED, SYS_shmat, {0, 0, 0}},
    {"remap_file_pages", KILLED, SYS_remap_file_pages, {0, 4096, 0, 0, 0}},
    {"memfd_create", KILLED, SYS_memfd_create, {(long) "a", 0}},
    {"memfd_secret", KILLED, CALL_MEMFD_SECRET, {0}},
    {"process_madvise", KILLED, SYS_process_madvise, {0, SCRATCH, 0, 0, 0}},
    {"mlockall", KILLED, SYS_mlockall, {3}},

    /* Descriptors */
    {"TIOCSTI", KILLED, SYS_ioctl, {0, TIOCSTI, SCRATCH}},
    {"TIOCSTI with more bits", KILLED, SYS_ioctl, {0, 0x100000000 | TIOCSTI, SCRATCH}},
    {"TIOCLINUX", KILLED, SYS_ioctl, {0, TIOCLINUX, SCRATCH}},
    {"TIOCSCTTY", KILLED, SYS_ioctl, {0, TIOCSCTTY, 1}},
    {"TIOCSPGRP", KILLED, SYS_ioctl, {0, TIOCSPGRP, SCRATCH}},
    {"KVM_CREATE_VM", KILLED, SYS_ioctl, {KVM, KVM_CREATE_VM, 0}},
    {"KVM_CREATE_VCPU", KILLED, SYS_ioctl, {VM, KVM_CREATE_VCPU, 1}},
    {"KVM_CREATE_DEVICE", KILLED, SYS_ioctl, {VM, KVM_CREATE_DEVICE, SCRATCH}},
    {"KVM_IRQFD", KILLED, SYS_ioctl, {VM, KVM_IRQFD, SCRATCH}},
    {"KVM_ENABLE_CAP", KILLED, SYS_ioctl, {VM, KVM_ENABLE_CAP, SCRATCH}},
    {"KVM_SET_SREGS", KILLED, SYS_ioctl, {VCPU, KVM_SET_SREGS, SCRATCH}},
    {"KVM_SET_REGS", KILLED, SYS_ioctl, {VCPU, KVM_SET_REGS, SCRATCH}},
    {"KVM_SET_MSRS", KILLED, SYS_ioctl, {VCPU, KVM_SET_MSRS, SCRATCH}},
    {"KVM_SET_DEVICE_ATTR", KILLED, SYS_ioctl, {VCPU, KVM_SET_DEVICE_ATTR, SCRATCH}},
    {"dup", KILLED, SYS_dup, {0}},
    {"dup2", KILLED, SYS_dup2, {0, 50}},
    {"fcntl: F_DUPFD", KILLED, SYS_fcntl, {0, F_DUPFD, 0}},
    {"fcntl: F_SETOWN", KILLED, SYS_fcntl, {0, F_SETOWN, PARENT}},
    {"fcntl: F_SETSIG", KILLED, SYS_fcntl, {0, F_SETSIG, SIGKILL}},
    {"fcntl: F_SETLEASE", KILLED, SYS_fcntl, {0, F_SETLEASE, F_RDLCK}},
    {"fcntl: F_NOTIFY", KILLED, SYS_fcntl, {0, F_NOTIFY, 1}},
    {"flock", KILLED, SYS_flock, {0, 1}},
    {"pipe2", KILLED, SYS_pipe2, {SCRATCH, 0}},
    {"splice", KILLED, SYS_splice, {0, 0, 1, 0, 1, 0}},
    {"vmsplice", KILLED, SYS_vmsplice, {1, SCRATCH, 0, 0}},
    {"sendfile", KILLED, SYS_sendfile, {1, 0, 0, 1}},
    {"copy_file_range", KILLED, SYS_copy_file_range, {0, 0, 1, 0, 1, 0}},
    {"close_range", KILLED, SYS_close_range, {200, 300, 0}},
    {"signalfd4", KILLED, SYS_signalfd4, {-1, SCRATCH, 8, 0}},
    {"timer_create", KILLED, SYS_timer_create, {0, 0, SCRATCH}},
    {"futex, requeued", KILLED, SYS_futex, {SCRATCH, FUTEX_CMP_REQUEUE, 1, 1, SCRATCH, 0}},
    {"futex, inherited", KILLED, SYS_futex, {SCRATCH, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG}},
    {"futex, wake", WORKS, SYS_futex, {SCRATCH, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1}},
    {"setitimer", KILLED, SYS_setitimer, {0, SCRATCH, 0}},

    /* Other tables of system calls */
    {"no system call", KILLED, 9999, {0}},
    {"x32", KILLED, 0x40000000 | SYS_getpid, {0}},
    {"32-bit", KILLED, .act = call_32_bit},
};

const struct tries tries_of_calls[] = {
    {"calls",
     {"--file-isolation", "strict"},
     .list = calls,
     .count = sizeof(calls) / sizeof(calls[0])},
    /* A look at what is outside, to tell of it, is all that is more by default: not covered. */
    {"look",
     {NULL},
     TRIES({"look at a path",
            WORKS,
            SYS_newfstatat,
            {AT_FDCWD, PASSWD, SCRATCH, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT}},
           {"newfstatat", KILLED, SYS_newfstatat, {AT_FDCWD, PASSWD, SCRATCH, 0}},
           {"stat", KILLED, SYS_stat, {PASSWD, SCRATCH}},
           {"openat", KILLED, SYS_openat, {AT_FDCWD, PASSWD, O_RDONLY | O_CLOEXEC}})},
    {"strict_look",
     {"--file-isolation", "strict"},
     TRIES({"look at a path",
            KILLED,
            SYS_newfstatat,
            {AT_FDCWD, PASSWD, SCRATCH, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT}})},
    {"threads",
     {NULL},
     TRIES({"openat", KILLED, SYS_openat, {AT_FDCWD, PASSWD, O_RDONLY | O_CLOEXEC}},
           {"openat2", KILLED, SYS_openat2, {AT_FDCWD, PASSWD, SCRATCH, 24}},
           {"socket", KILLED, SYS_socket, {AF_INET, SOCK_STREAM, 0}},
           {"execve", KILLED, SYS_execve, {(long) "/bin/true", 0, 0}},
           {"fork", KILLED, SYS_fork, {0}}, {"ptrace", KILLED, SYS_ptrace, {PTRACE_TRACEME}},
           {"kill", KILLED, SYS_kill, {PARENT, 0}},
           {"tgkill", KILLED, SYS_tgkill, {PARENT, PARENT, 0}},
           {"unshare", KILLED, SYS_unshare, {CLONE_NEWUSER}},
           {"mmap of code", KILLED, SYS_mmap, {0, 4096, PROT_READ | PROT_EXEC, ANONYMOUS, -1}},
           {"KVM_CREATE_VM", KILLED, SYS_ioctl, {KVM, KVM_CREATE_VM, 0}},
           {"write", WORKS, SYS_write, {1, SCRATCH, 0}}, {"getpid", WORKS, SYS_getpid, {0}}),
     .threads_from = THREAD_CPU},
    /* The last words of a monitor that is broken are let out. */
    {"ends",
     {"--file-isolation", "strict"},
     TRIES({"abort", ABORTED, .act = end_by_abort}, {"assertion", ABORTED, .act = end_by_assertion},
           {"stack protector", ABORTED, .act = end_by_stack_protector},
           {"allocator", ABORTED, .act = end_by_allocator})},
    /* What the threads of CPUs need, those that do one thing do not. */
    {"helpers",
     {NULL},
     TRIES({"KVM_RUN", KILLED, SYS_ioctl, {VCPU, KVM_RUN, 0}},
           {"KVM_SET_USER_MEMORY_REGION",
            KILLED,
            SYS_ioctl,
            {VM, KVM_SET_USER_MEMORY_REGION, SCRATCH}},
           {"clone", KILLED, SYS_clone, {THREAD_FLAGS}},
           {"mmap", KILLED, SYS_mmap, {0, 4096, READ_WRITE, ANONYMOUS, -1}},
           {"mprotect", KILLED, SYS_mprotect, {0, 4096, PROT_READ}},
           {"fcntl", KILLED, SYS_fcntl, {0, F_GETFL}}, {"close", KILLED, SYS_close, {0}},
           {"lseek", KILLED, SYS_lseek, {0, 0, 0}},
           {"pwrite64", KILLED, SYS_pwrite64, {1, SCRATCH, 0, 0}},
           {"seccomp", KILLED, SYS_seccomp, {SECCOMP_SET_MODE_FILTER, 0, 0}},
           {"futex", WORKS, SYS_futex, {SCRATCH, 1, 1}}),
     .threads_from = THREAD_CLOCK},
    /* By Landlock alone: sockets and signals. */
    {"landlock_network",
     {NULL},
     TRIES({"connect", EACCES, .act = connect_tcp, .landlock = 4},
           {"bind", EACCES, .act = bind_tcp, .landlock = 4},
           {"abstract socket", EPERM, .act = connect_abstract, .landlock = 6},
           {"signal", EPERM, SYS_kill, {PARENT, 0}, .landlock = 6}),
     .no_filter = true,
     .not_isolated = true},
    /* By privileges alone. */
    {"privileges",
     {NULL},
     TRIES({"unshare", EPERM, SYS_unshare, {CLONE_NEWNS}},
           {"chroot", EPERM, SYS_chroot, {(long) "outside"}}, {"setuid", EPERM, SYS_setuid, {4321}},
           {"setgid", EPERM, SYS_setgid, {4321}}, {"setgroups", EPERM, SYS_setgroups, {0, 0}},
           {"memory of a parent", EPERM, .act = read_parent},
           {"device", EPERM, SYS_mknod, {(long) "outside/device", 0020600, 0x103}},
           {"user's file", EACCES, SYS_openat, {AT_FDCWD, (long) "outside/other", O_RDONLY}},
           {"new privileges", EPERM, .act = has_no_new_privileges}),
     .by_root = true,
     .no_filter = true,
     .no_landlock = true,
     .not_isolated = true},
    {"descriptors",
     {NULL},
     TRIES({"openat", EBADF, SYS_openat, {INHERITED, (long) ".", O_RDONLY}}),
     .no_filter = true,
     .no_landlock = true,
     .not_isolated = true},
    /* The same, a few of all, for slow machines. */
    {"few",
     {"--file-isolation", "strict"},
     TRIES({"openat", KILLED, SYS_openat, {AT_FDCWD, PASSWD, O_RDONLY | O_CLOEXEC}},
           {"socket", KILLED, SYS_socket, {AF_UNIX, SOCK_STREAM, 0}},
           {"execve", KILLED, SYS_execve, {(long) "/bin/busybox", 0, 0}},
           {"ptrace", KILLED, SYS_ptrace, {PTRACE_ATTACH, PARENT}},
           {"clone", KILLED, SYS_clone, {CLONE_NEWUSER | SIGCHLD}},
           {"descriptor of a parent", EBADF, SYS_fcntl, {INHERITED, F_GETFL}})},
};
const size_t tries_of_calls_count = sizeof(tries_of_calls) / sizeof(tries_of_calls[0]);
