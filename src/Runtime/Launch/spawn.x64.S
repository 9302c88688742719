# The only code that runs in a container's process before its program does. C# prepares an array of system calls in native
# memory; this walks it with no stack, no libc and no managed code, so no lock or collector of the parent can matter to it.
#
# long orun_spawn(clone_args*, size, op* first, long* registers, long errorFd)
#   In the parent: what clone3 returned (a pid or -errno). In the child it does not return: the list ends in execve or exit.
#
# One operation is 80 bytes:
#    0  i32  system call number, or one of the pseudo calls below
#    4  i16  register that receives the result, -1 for none
#    6  u16  operations to pass over after a tolerated error
#    8  u16  tolerated errno    10  u16  another tolerated errno
#   12  u16  operations to pass over after success
#   14  u16  the operation's place in the plan, reported on failure
#   16  6 x u8  register that supplies the argument, 255: the constant below
#   24  6 x i64 constants
# Pseudo calls: -1 store the low 32 bits of argument 1 at address argument 0
#               -2 fail with errno argument 3 unless (u64 at argument 0 AND argument 1) equals argument 2
#               -3 report errors to descriptor argument 0 from now on
#               -4 exit with status argument 0
#               -5 go on as a child: clone3 with arguments 0 and 1; this process reports { 0xFFFFFFFC, the child's pid } and exits
# On failure it writes { u32 place, u32 errno } to the error descriptor and exits with status 1.
        .intel_syntax noprefix
        .text
        .globl  orun_spawn
        .type   orun_spawn, @function
orun_spawn:
        push    r12
        push    r13
        push    r14
        push    r15
        mov     r12, rdx
        mov     r13, rcx
        mov     r14, r8
        mov     eax, 435                        # clone3
        syscall
        test    rax, rax
        jz      .Lchild
        pop     r15
        pop     r14
        pop     r13
        pop     r12
        ret

        .macro  argument number, target
        mov     \target, [r12 + 24 + 8 * \number]
        movzx   ecx, byte ptr [r12 + 16 + \number]
        cmp     ecx, 255
        je      1f
        mov     \target, [r13 + rcx * 8]
1:
        .endm

.Lchild:
.Lnext:
        argument 0, rdi
        argument 1, rsi
        argument 2, rdx
        argument 3, r10
        argument 4, r8
        argument 5, r9
        movsxd  rax, dword ptr [r12]
        test    rax, rax
        js      .Lpseudo
        syscall
.Lresult:
        cmp     rax, -4095
        jae     .Lerror
        movsx   rcx, word ptr [r12 + 4]
        test    rcx, rcx
        js      .Ldone
        mov     [r13 + rcx * 8], rax
.Ldone:
        movzx   ecx, word ptr [r12 + 12]
.Ladvance:
        inc     ecx
        imul    rcx, rcx, 80
        add     r12, rcx
        jmp     .Lnext
.Lerror:
        neg     eax
        cmp     eax, 4                          # EINTR: the same call again
        je      .Lnext
        cmp     eax, 11                         # EAGAIN of openat2: a rename or mount came between ("..", openat2(2)); the same again
        jne     .Lfinal
        cmp     dword ptr [r12], 437
        je      .Lnext
.Lfinal:
        cmp     ax, [r12 + 8]
        je      .Ltolerated
        cmp     ax, [r12 + 10]
        je      .Ltolerated
        movzx   ecx, word ptr [r12 + 14]
        mov     [r13 + 2032], ecx               # register 254 is the report
        mov     [r13 + 2036], eax
        mov     rdi, r14
        lea     rsi, [r13 + 2032]
        mov     edx, 8
        mov     eax, 1                          # write
        syscall
        mov     edi, 1
        jmp     .Lexit
.Ltolerated:
        movzx   ecx, word ptr [r12 + 6]
        jmp     .Ladvance
.Lpseudo:
        cmp     rax, -1
        je      .Lstore
        cmp     rax, -2
        je      .Lexpect
        cmp     rax, -3
        je      .Lreport
        cmp     rax, -5
        je      .Lrebirth
.Lexit:
        mov     eax, 231                        # exit_group
        syscall
        hlt
.Lstore:
        mov     [rdi], esi
        xor     eax, eax
        jmp     .Lresult
.Lexpect:
        mov     rax, [rdi]
        and     rax, rsi
        sub     rax, rdx
        jz      .Lresult
        mov     rax, r10
        neg     rax
        jmp     .Lresult
.Lreport:
        mov     r14, rdi
        xor     eax, eax
        jmp     .Lresult
.Lrebirth:
        mov     eax, 435                        # clone3
        syscall
        test    rax, rax
        jle     .Lresult
        mov     dword ptr [r13 + 2016], 0xFFFFFFFC # register 252: the child may be reporting from 254 at this moment
        mov     [r13 + 2020], eax
        mov     rdi, r14
        lea     rsi, [r13 + 2016]
        mov     edx, 8
        mov     eax, 1                          # write
        syscall
        xor     edi, edi
        jmp     .Lexit
        .size   orun_spawn, . - orun_spawn

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

# The heap is reserved without access and opened page by page, each a system call that splits memory areas. It is opened as a whole instead: what is
# not touched costs nothing (MAP_NORESERVE).
        .globl  __wrap_mmap64
        .type   __wrap_mmap64, @function
__wrap_mmap64:
        test    edx, edx                        # PROT_NONE
        jnz     __real_mmap64
        test    ecx, 0x20                       # MAP_ANONYMOUS
        jz      __real_mmap64
        mov     edx, 3                          # PROT_READ | PROT_WRITE
        or      ecx, 0x4000                     # MAP_NORESERVE
        jmp     __real_mmap64
        .size   __wrap_mmap64, . - __wrap_mmap64

        .globl  __wrap_mprotect
        .type   __wrap_mprotect, @function
__wrap_mprotect:
        mov     rax, rdi
        shr     rax, 32                         # the program itself is below 4 GB
        jz      __real_mprotect
        cmp     edx, 3
        jne     __real_mprotect
        cmp     rsi, 65536                      # a step of the heap's: its pages come at once, not by a fault each
        jne     1f
        mov     edx, 23                         # MADV_POPULATE_WRITE
        mov     eax, 28
        syscall
1:
        xor     eax, eax
        ret
        .size   __wrap_mprotect, . - __wrap_mprotect

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
