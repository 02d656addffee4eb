/* What libgomp's configure script would find in uhyve. */
#define HAVE_ALIGNED_ALLOC        1
#define HAVE_ATTRIBUTE_ALIAS      1
#define HAVE_ATTRIBUTE_VISIBILITY 1
#define HAVE_CC_TLS               1
#define HAVE_CLOCK_GETTIME        1
#define HAVE_GETPID               1
#define HAVE_INTTYPES_H           1
#define HAVE_MEMALIGN             1
#define HAVE_POSIX_MEMALIGN       1
#define HAVE_PTHREAD_AFFINITY_NP  1
#define HAVE_PTHREAD_H            1
#define HAVE_SEMAPHORE_H          1
#define HAVE_STDINT_H             1
#define HAVE_STDLIB_H             1
#define HAVE_STRING_H             1
#define HAVE_STRINGS_H            1
#define HAVE_STRTOULL             1
#define HAVE_SYNC_BUILTINS        1
#define HAVE_SYS_STAT_H           1
#define HAVE_SYS_TIME_H           1
#define HAVE_SYS_TYPES_H          1
#define HAVE_TLS                  1
#define HAVE_UNAME                1
#define HAVE_UNISTD_H             1
#define LIBGOMP_USE_PTHREADS      1
#define OFFLOAD_PLUGINS           ""
#define PACKAGE                   "libgomp"
#define PACKAGE_NAME              "GNU Offloading and Multi Processing Runtime Library"
#define PACKAGE_STRING            "GNU Offloading and Multi Processing Runtime Library 1.0"
#define PACKAGE_VERSION           "1.0"
#define SIZEOF_VOID_P             8
#define STDC_HEADERS              1
#define STRING_WITH_STRINGS       1
#define TIME_WITH_SYS_TIME        1
#define VERSION                   "1.0"
