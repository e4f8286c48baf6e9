package sockdiag_test

import (
	"encoding/binary"
	"encoding/hex"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/observe/sockdiag/sockdiagtest"
)

// The fake kernel's filters are only as good as their likeness to the real
// ones: both must take and refuse the same programs.
func TestKernelAuditsFiltersAsTheFakeDoes(t *testing.T) {
	t.Parallel()
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		t.Skip("the programs are little-endian")
	}
	enterNamespace(t)
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	must(t, err)
	defer unix.Close(fd)
	programs := [][]byte{
		{6, 4, 8, 0, 1, 4, 8, 0},                // not automatic, as the builder writes it
		{6, 4, 8, 0},                            // automatic
		{6, 8, 4, 0},                            // its yes past the end
		{6, 0, 8, 0},                            // a yes of no length
		{6, 4, 6, 0},                            // an odd no
		{2, 8, 12, 0, 0, 0, 80, 0},              // a port
		{2, 4, 8, 0},                            // without its port
		{2, 8, 4, 0, 0, 0, 80, 0},               // its no into its own port
		{99, 4, 8, 0},                           // unknown
		{0, 4, 0, 0},                            // nothing done
		{6, 4, 12, 0, 6, 4, 8, 0},               // rejects from afar
		{6, 4, 12, 0, 2, 8, 12, 0, 0, 0, 80, 0}, // rejects into an argument's end
		{6, 4, 8, 0, 2, 8, 12, 0, 0, 0, 80, 0},  // rejects into an argument
		{7, 16, 20, 0, 2, 32, 0, 0, 255, 255, 255, 255, 1, 2, 3, 4}, // an address
		{7, 16, 20, 0, 2, 33, 0, 0, 255, 255, 255, 255, 1, 2, 3, 4}, // too many bits
		{7, 16, 20, 0, 3, 8, 0, 0, 255, 255, 255, 255, 1, 2, 3, 4},  // an unknown family
		{7, 16, 20, 0, 10, 8, 0, 0, 255, 255, 255, 255, 1, 2, 3, 4}, // an address cut short
		{7, 12, 16, 0, 0, 0, 0, 0, 255, 255, 255, 255},              // no address
	}
	for _, code := range programs {
		if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
			t.Skip("the programs are little-endian")
		}
		kernel := audited(t, fd, code)
		fake := sockdiagtest.Audit(code)
		if kernel != (fake == nil) {
			t.Errorf("%s: the kernel takes it: %t; the fake: %v", hex.EncodeToString(code), kernel, fake)
		}
	}
}

// audited asks for a dump of no state at all with the given filter.
func audited(t *testing.T, fd int, code []byte) bool {
	t.Helper()
	ne := binary.NativeEndian
	m := make([]byte, 16+56, 16+56+4+len(code))
	ne.PutUint32(m, uint32(cap(m)))
	ne.PutUint16(m[4:], 20)
	ne.PutUint16(m[6:], 0x301)
	m[16], m[17] = unix.AF_INET, unix.IPPROTO_TCP
	m = ne.AppendUint16(m, uint16(4+len(code)))
	m = append(ne.AppendUint16(m, 1), code...)
	must(t, unix.Sendto(fd, m, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}))
	buf := make([]byte, 4096)
	n, err := unix.Read(fd, buf)
	must(t, err)
	switch kind := ne.Uint16(buf[4:]); {
	case n >= 20 && kind == unix.NLMSG_DONE:
		return true
	case n < 20 || kind != unix.NLMSG_ERROR || int32(ne.Uint32(buf[16:])) != -int32(unix.EINVAL):
		t.Fatalf("%x: answer %x", code, buf[:n])
	}
	return false
}
