package closes

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/observe/owner"
)

const titles = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"

func row(addr, state, inode string) string {
	return "   0: " + addr + " 00000000:0000 " + state + " 00000000:00000000 00:00000000 00000000  1000        0 " + inode + " 1 0000000000000000 100 0 0 10 0\n"
}

func TestListenersAreReadUpToTheFirstOtherSocket(t *testing.T) {
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		t.Skip("the text is of a little-endian machine")
	}
	text := titles + row("0100007F:1F90", "0A", "77") + row("00000000:0016", "0A", "78") + row("0100007F:0001", "01", "79") + row("nonsense", "0A", "80")
	got, err := parseListeners(strings.NewReader(text), false)
	if err != nil || len(got) != 2 || got[0].addr != port("127.0.0.1:8080") || got[0].inode != 77 || got[1].addr != port("0.0.0.0:22") {
		t.Errorf("%+v, %v", got, err)
	}
	text = titles + row("B80D0120000000000000000001000000:0050", "0A", "5")
	got, err = parseListeners(strings.NewReader(text), true)
	if err != nil || len(got) != 1 || got[0].addr != port("[2001:db8::1]:80") || !got[0].v6 {
		t.Errorf("%+v, %v", got, err)
	}
}

func FuzzAnyTextOfListenersIsReadOrRefused(f *testing.F) {
	f.Add(titles+row("0100007F:1F90", "0A", "77"), false)
	f.Add(titles+row("00:1F90", "0A", "77"), true)
	f.Add(titles+"short 0A\n", true)
	f.Fuzz(func(t *testing.T, text string, v6 bool) {
		all, err := parseListeners(strings.NewReader(text), v6)
		for _, l := range all {
			if !l.addr.IsValid() && err == nil {
				t.Errorf("%q gives %+v", text, l)
			}
		}
	})
}

func TestTheOldestHolderOfAListenerIsItsOwner(t *testing.T) {
	h := owner.Holders{
		PIDs:   map[uint64][]int{77: {10, 20, 30}, 78: {10}},
		Owners: []evidence.Owner{{PID: 10, Start: 9, Name: "worker"}, {PID: 20, Start: 5, Name: "master"}, {PID: 30}},
	}
	s := &script{}
	err := addAll(s, []listening{{netns: 3, addr: netip.MustParseAddrPort("[::]:80"), v6: true, inode: 77}, {inode: 79}}, h)
	if err != nil || len(s.added) != 1 {
		t.Fatalf("%+v, %v", s.added, err)
	}
	if l := s.added[0]; l.Namespace != 3 || !l.V6 || l.Port != 80 || l.Owner.Name != "master" || l.Owner.Ticks() != 5 {
		t.Error(cmp.Diff(nil, l))
	}
}
