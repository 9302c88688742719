# What comes before, and in the place of parts of, libc and the C# runtime. It rests on their insides: look at it when the SDK changes.
        .intel_syntax noprefix
        .text

# The program's entry point, before libc's own: what is done here costs no page of libc or of the C# runtime.
# (1) Holds back the signals that `run` and the shim read from a signalfd, so that no
# thread of the runtime is killed by them. (2) Starts this program again from a read-only mount of itself that is attached nowhere:
# a process in a container that gets hold of /proc/PID/exe then can't write to the host's file (CVE-2019-5736). That is for the
# commands by which this program comes into a container; they check it (HostProbe), so that a word missed here is no hole.
# At entry rsp points to argc, argv, 0, envp, 0, and rdx is libc's.
        .globl  orun_entry
        .type   orun_entry, @function
orun_entry:
        mov     initial_stack[rip], rsp
        mov     r14, rdx
        mov     rax, [rsp]
        lea     r12, [rsp + 8]                  # argv
        lea     r13, [rsp + 16 + 8 * rax]       # envp
        sub     rsp, 144
        xor     edi, edi                        # SIG_BLOCK
        lea     rsi, held_signals[rip]
        xor     edx, edx
        mov     r10d, 8
        mov     eax, 14                         # rt_sigprocmask
        syscall
        mov     rbx, r12
.Lword:
        mov     rsi, [rbx]
        add     rbx, 8
        test    rsi, rsi
        jz      .Lready                         # no such command among the arguments
        lea     rdi, entering[rip]
.Lcompare:
        cmp     byte ptr [rdi], 0
        je      .Lword
        mov     rcx, rsi
.Lletter:
        mov     al, [rdi]
        cmp     al, [rcx]
        jne     .Lpass
        inc     rdi
        inc     rcx
        test    al, al
        jnz     .Lletter
        jmp     .Lprotect
.Lpass:
        mov     al, [rdi]
        inc     rdi
        test    al, al
        jnz     .Lpass
        jmp     .Lcompare
.Lprotect:
        lea     rdi, own_program[rip]
        mov     rsi, rsp
        mov     eax, 137                        # statfs
        syscall
        test    rax, rax
        jnz     .Lready
        test    byte ptr [rsp + 80], 1          # f_flags & ST_RDONLY: already done
        jnz     .Lready
        mov     rdi, -100                       # AT_FDCWD
        lea     rsi, own_program[rip]
        mov     edx, 0x80001                    # OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC
        mov     eax, 428                        # open_tree
        syscall
        test    rax, rax
        js      .Lready
        mov     ebx, eax
        mov     edi, eax
        lea     rsi, empty[rip]
        mov     edx, 0x1000                     # AT_EMPTY_PATH
        lea     r10, read_only[rip]
        mov     r8d, 32
        mov     eax, 442                        # mount_setattr
        syscall
        test    rax, rax
        jnz     .Lclose
        mov     edi, ebx
        lea     rsi, empty[rip]
        mov     rdx, r12
        mov     r10, r13
        mov     r8d, 0x1000
        mov     eax, 322                        # execveat: on success the next line is never reached
        syscall
.Lclose:
        mov     edi, ebx
        mov     eax, 3
        syscall
.Lready:
        add     rsp, 144
        mov     rdx, r14
        jmp     _start
        .size   orun_entry, . - orun_entry

# The linker puts this in the place of fopen(3) for the C# runtime, which at its start would read mountinfo (twice), the limits of its
# cgroup, meminfo and more, to choose what is fixed here: the size of the heap. It does without a file that does not open.
# This program's own files are opened by system calls.
        .globl  __wrap_fopen64
        .type   __wrap_fopen64, @function
__wrap_fopen64:
        xor     eax, eax
        ret
        .size   __wrap_fopen64, . - __wrap_fopen64

# Which version of cgroups there is, it likewise need not ask.
        .globl  __wrap_statfs64
        .type   __wrap_statfs64, @function
__wrap_statfs64:
        mov     eax, -1
        ret
        .size   __wrap_statfs64, . - __wrap_statfs64

# Likewise for madvise(2): what a core dump holds (DONTDUMP 16, DODUMP 17) is nothing to tell the kernel at each step of the heap, for it
# splits memory areas. Other advice goes on.
        .globl  __wrap_madvise
        .type   __wrap_madvise, @function
__wrap_madvise:
        lea     eax, [rdx - 16]
        cmp     eax, 1
        ja      __real_madvise
        xor     eax, eax
        ret
        .size   __wrap_madvise, . - __wrap_madvise

# Likewise for pthread_create(3): the first thread that the C# runtime starts is the one that runs finalizers, and nothing here has any. A
# program of one thread also need not wait for, or be held up by, another one. Threads after the first are made as asked.
        .globl  __wrap_pthread_create
        .type   __wrap_pthread_create, @function
__wrap_pthread_create:
        mov     al, 1
        xchg    al, had_first_thread[rip]
        test    al, al
        jnz     __real_pthread_create
        xor     eax, eax
        ret
        .size   __wrap_pthread_create, . - __wrap_pthread_create

# The bounds of the first thread's stack, for which libc would read all of /proc/self/maps: it ends above where this program began, and a part
# of it that is always there is all that the C# runtime need know of.
        .globl  __wrap_pthread_getattr_np
        .type   __wrap_pthread_getattr_np, @function
__wrap_pthread_getattr_np:
        mov     al, 1
        xchg    al, had_first_stack[rip]
        test    al, al
        jnz     __real_pthread_getattr_np
        push    rbx
        mov     rbx, rsi
        mov     rdi, rsi
        call    pthread_attr_init
        mov     rdi, rbx
        mov     rsi, initial_stack[rip]
        add     rsi, 4095
        and     rsi, -4096
        mov     edx, 0x100000                   # 1 MB
        sub     rsi, rdx
        call    pthread_attr_setstack
        xor     eax, eax
        pop     rbx
        ret
        .size   __wrap_pthread_getattr_np, . - __wrap_pthread_getattr_np

# How many processors there are, without the files of /sys: those this process may run on, by the highest number.
        .globl  __wrap_sysconf
        .type   __wrap_sysconf, @function
__wrap_sysconf:
        lea     eax, [rdi - 83]                 # _SC_NPROCESSORS_CONF 83, _SC_NPROCESSORS_ONLN 84
        cmp     eax, 1
        ja      __real_sysconf
        sub     rsp, 136
        xor     edi, edi
        mov     esi, 128
        mov     rdx, rsp
        mov     eax, 204                        # sched_getaffinity: how many bytes of the mask it has written
        syscall
        mov     ecx, 1
        test    rax, rax
        jle     .Lcounted
.Lword64:
        sub     rax, 8
        js      .Lcounted
        bsr     rcx, [rsp + rax]
        jz      .Lword64
        lea     rcx, [rcx + 8 * rax + 1]
.Lcounted:
        mov     rax, rcx
        add     rsp, 136
        ret
        .size   __wrap_sysconf, . - __wrap_sysconf

# The memory nodes of the machine are nothing to a heap of a few megabytes.
        .globl  __wrap_opendir
        .type   __wrap_opendir, @function
__wrap_opendir:
        lea     rsi, memory_nodes[rip]
        mov     rcx, rdi
.Lsame:
        mov     al, [rsi]
        cmp     al, [rcx]
        jne     __real_opendir
        inc     rsi
        inc     rcx
        test    al, al
        jnz     .Lsame
        xor     eax, eax
        ret
        .size   __wrap_opendir, . - __wrap_opendir

# The heap is opened in steps of 64 KB. Their pages come at once, not by a fault each: a launch uses nearly all of them.
        .globl  __wrap_mprotect
        .type   __wrap_mprotect, @function
__wrap_mprotect:
        cmp     rsi, 65536
        jne     __real_mprotect
        cmp     edx, 3                          # PROT_READ | PROT_WRITE
        jne     __real_mprotect
        push    rdi
        push    rsi
        sub     rsp, 8
        call    __real_mprotect
        add     rsp, 8
        pop     rsi
        pop     rdi
        test    eax, eax
        jnz     1f
        mov     edx, 23                         # MADV_POPULATE_WRITE: a kernel that does not know it leaves them to the faults
        mov     eax, 28
        syscall
        xor     eax, eax
1:      ret
        .size   __wrap_mprotect, . - __wrap_mprotect

# The runtime asks for some hundred settings, DOTNET_GCgen0size and the like, in all of the environment each. This program's are linked in,
# and whoever starts it must not change its insides.
        .globl  __wrap_getenv
        .type   __wrap_getenv, @function
__wrap_getenv:
        cmp     word ptr [rdi], 0x4F44          # "DO"
        jne     __real_getenv
        cmp     word ptr [rdi + 2], 0x4E54      # "TN"
        jne     __real_getenv
        xor     eax, eax
        ret
        .size   __wrap_getenv, . - __wrap_getenv

# What the processor can do costs a question of many to it, each an exit of a virtual machine to its host: it can what this
# program was compiled for, or nothing here would run.
        .globl  __wrap_minipal_getcpufeatures
        .type   __wrap_minipal_getcpufeatures, @function
__wrap_minipal_getcpufeatures:
        mov     eax, g_requiredCpuFeatures[rip]
        ret
        .size   __wrap_minipal_getcpufeatures, . - __wrap_minipal_getcpufeatures

# sched.h's CPU_ALLOC and CPU_FREE of glibc, for which the C# runtime was compiled; musl has them as macros alone.
        .globl  __sched_cpualloc
        .type   __sched_cpualloc, @function
__sched_cpualloc:
        add     rdi, 63
        shr     rdi, 6
        mov     esi, 8
        jmp     calloc
        .size   __sched_cpualloc, . - __sched_cpualloc
        .globl  __sched_cpufree
        .type   __sched_cpufree, @function
__sched_cpufree:
        jmp     free
        .size   __sched_cpufree, . - __sched_cpufree

        .section .bss
        .balign 8
initial_stack:
        .zero   8
had_first_thread:
        .zero   1
had_first_stack:
        .zero   1

        .section .rodata
memory_nodes:
        .asciz  "/sys/devices/system/node"
own_program:
        .asciz  "/proc/self/exe"
empty:  .asciz  ""
# Ends with an empty word.
entering:
        .asciz  "create"
        .asciz  "run"
        .asciz  "exec"
        .asciz  "shim"
        .asciz  "--protected"
        .byte   0
        .balign 8
# HUP 1, INT 2, QUIT 3, USR1 10, USR2 12, PIPE 13, TERM 15, CHLD 17, CONT 18, WINCH 28: bit number - 1.
held_signals:
        .quad   0x0000000008035A07
# struct mount_attr: set MOUNT_ATTR_RDONLY.
read_only:
        .quad   1, 0, 0, 0

        .section .note.GNU-stack, "", @progbits
