#!/bin/bash
# Every header can be included alone and first, in C and with strict standards.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

cc=$STAGE/bin/uhyve-cc
headers='assert ctype complex dirent dlfcn endian err errno fcntl fenv float getopt grp inttypes iso646
    langinfo libgen limits locale malloc math memory poll pwd regex sched search setjmp signal
    stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string strings sys/ioctl
    sys/mman sys/param sys/random sys/resource sys/select sys/stat sys/statvfs sys/time sys/times
    sys/types sys/uio sys/utsname sys/wait termios tgmath time unistd utime wchar wctype wordexp fnmatch glob
    ftw iconv pthread
    arpa/inet ifaddrs net/ethernet net/if net/if_arp netdb netinet/ether netinet/icmp6 netinet/if_ether
    netinet/in netinet/ip netinet/ip6 netinet/ip_icmp netinet/tcp netinet/udp sys/epoll sys/eventfd
    sys/sendfile sys/socket sys/timerfd sys/un'

for header in $headers; do
    printf '#include <%s.h>\n#include <%s.h>\nint unused;\n' "$header" "$header"> "$scratch/one.c"
    for options in -D_GNU_SOURCE '-std=c99 -pedantic -D_POSIX_C_SOURCE=200809L'; do
        # shellcheck disable=SC2086 # several options
        expect "$cc" -Wall -Werror -fsyntax-only $options "$scratch/one.c"
    done
done

# None of the machine's C library.
for header in gnu/libc-version linux/kvm asm/unistd execinfo sys/auxv bits/types; do
    printf '#include <%s.h>\n' "$header" > "$scratch/one.c"
    expect --status 1 --stderr '.*No such file or directory.*' "$cc" -fsyntax-only "$scratch/one.c"
done
