// Package vmtest runs test binaries on other kernels than the one at hand: it
// fetches Debian's cloud kernels, packs a kernel's modules and the binaries
// into an initramfs, boots it in QEMU, and reads what happened from a serial
// port. Its program is vmtest/run; vmtest/guest is the first process of the
// guest.
//
// QEMU emulates the processor, because a KVM that can be opened cannot always
// boot these kernels. What that costs in speed the instruction-counted clock
// gives back: with it, time in which a guest only waits costs nothing, and the
// minute of TIME_WAIT passes in a second or two.
package vmtest
