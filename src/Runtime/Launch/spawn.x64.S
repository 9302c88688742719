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

        .section .note.GNU-stack, "", @progbits
