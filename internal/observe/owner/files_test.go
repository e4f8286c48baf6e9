package owner

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestUIDIsTheEffectiveOne(t *testing.T) {
	const status = "Name:\tUid:\nState:\tS (sleeping)\nUid:\t1000\t33\t44\t55\nGid:\t1\t2\t3\t4\n"
	if uid, err := parseUID([]byte(status)); err != nil || uid != 33 {
		t.Errorf("got %d, %v", uid, err)
	}
	for _, bad := range []string{"", "Name:\tx\n", "Uid:\n", "Uid:\t1\t2\t3\n", "Uid:\t1\tx\t3\t4\n", "Uid:\t1\t4294967296\t3\t4\n"} {
		if uid, err := parseUID([]byte(bad)); err == nil {
			t.Errorf("%q gave %d", bad, uid)
		}
	}
}

func TestCmdlineIsSplitAtNULs(t *testing.T) {
	for data, want := range map[string][]string{
		"":                              nil,
		"\x00\x00":                      nil,
		"/bin/x\x00-a\x00b c\x00":       {"/bin/x", "-a", "b c"},
		"x\x00\x00y\x00":                {"x", "", "y"},
		"nginx: worker\x00\x00\x00\x00": {"nginx: worker"},
		"postgres: idle":                {"postgres: idle"},
		"\xff\x1b[2J\n\x00":             {"\xff\x1b[2J\n"},
	} {
		if got := splitCmdline([]byte(data)); !slices.Equal(got, want) {
			t.Errorf("%q gave %q, want %q", data, got, want)
		}
	}
}

func TestALongCmdlineIsCutAndMarked(t *testing.T) {
	exact := "a\x00" + strings.Repeat("b", maxCmdline-3) + "\x00"
	if got := splitCmdline([]byte(exact)); len(got) != 2 || len(got[1]) != maxCmdline-3 {
		t.Errorf("%d bytes were cut: %d elements", len(exact), len(got))
	}
	got := splitCmdline([]byte("a\x00" + strings.Repeat("b", maxCmdline)))
	if len(got) != 3 || len(got[1]) != maxCmdline-2 || got[2] != "…" {
		t.Errorf("got %d elements, the last %q", len(got), got[len(got)-1])
	}
	for pad := range 4 {
		got := splitCmdline([]byte(strings.Repeat("x", pad) + strings.Repeat("€", maxCmdline)))
		if len(got) != 2 || !utf8.ValidString(got[0]) || len(got[0]) < maxCmdline-2 {
			t.Errorf("after %d bytes a rune is cut in the middle", pad)
		}
	}
}

func TestOnlySocketLinksAreSockets(t *testing.T) {
	if n, ok := parseSocket([]byte("socket:[18446744]")); !ok || n != 18446744 {
		t.Errorf("got %d, %v", n, ok)
	}
	for _, link := range []string{
		"", "socket:[", "socket:[]", "socket:[1", "socket:[-1]", "socket:[1]]", "socket:[1] (deleted)", "socket:[99999999999999999999]",
		"/tmp/socket:[1]", "pipe:[1]", "anon_inode:[eventpoll]", "/dev/null", "socket:[0x1]",
	} {
		if n, ok := parseSocket([]byte(link)); ok {
			t.Errorf("%q gave %d", link, n)
		}
	}
}

func FuzzStatus(f *testing.F) {
	f.Add([]byte("Uid:\t0\t1\t2\t3\n"))
	f.Add([]byte("Uid: 4294967295 4294967295 0 0"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := parseUID(data); err == nil && !bytes.Contains(data, []byte("Uid:")) {
			t.Fatalf("a user id out of %q", data)
		}
	})
}

func FuzzCmdline(f *testing.F) {
	f.Add([]byte("a\x00b\x00"))
	f.Add(bytes.Repeat([]byte("€"), maxCmdline))
	f.Fuzz(func(t *testing.T, data []byte) {
		args := splitCmdline(data)
		if total := len(strings.Join(args, "\x00")); total > min(len(data), maxCmdline)+1+len(cutMark) {
			t.Fatalf("%d bytes out of %d", total, len(data))
		}
	})
}
