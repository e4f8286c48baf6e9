package owner

import (
	"fmt"
	"strings"
	"testing"
)

const statTail = " S 1 10 10 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 3 0 987654 1000 20 18446744073709551615 1 1 0 0 0 0 0 4096 0 0 0 0 17 1 0 0 0 0 0\n"

func TestStatIsReadBehindAnyName(t *testing.T) {
	for shown, want := range map[string]string{
		"nginx":           "nginx",
		"":                "",
		"a) (b":           "a) (b",
		") S 99 (":        ") S 99 (",
		")))":             ")))",
		`line\nbreak`:     "line\nbreak",
		`back\\slash\\n`:  `back\slash\n`,
		`ends with\`:      `ends with\`,
		"\xff\xfe\x1b[2J": "\xff\xfe\x1b[2J",
	} {
		got, err := parseStat([]byte("10 (" + shown + ")" + statTail))
		if err != nil {
			t.Errorf("name %q: %v", shown, err)
			continue
		}
		if got != (stat{name: want, state: "S", parent: 1, flags: 4194560, threads: 3, start: 987654}) {
			t.Errorf("name %q: got %+v", shown, got)
		}
	}
}

func TestStatThatIsCutIsAnError(t *testing.T) {
	whole := "10 (x)" + statTail
	fields := strings.Fields(whole)
	for n := range 22 {
		if _, err := parseStat([]byte(strings.Join(fields[:n], " "))); err == nil {
			t.Errorf("%d fields: no error", n)
		}
	}
	for _, bad := range []string{"", ")(", "1 (x) SS 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "1 (x) S a b c d e f g h i j k l m n o p q r s t"} {
		if _, err := parseStat([]byte(bad)); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

func TestAProcessWithoutDescriptorsIsTold(t *testing.T) {
	for _, test := range []struct {
		stat
		empty bool
	}{
		{stat{state: "S", threads: 1}, false},
		{stat{state: "I", threads: 1, flags: 0x208040}, true},
		{stat{state: "Z", threads: 1}, true},
		{stat{state: "Z", threads: 2}, false}, // only its first thread has exited
		{stat{state: "X", threads: 0}, true},
		{stat{state: "T", threads: 1}, false},
	} {
		if got := test.stat.empty(); got != test.empty {
			t.Errorf("%+v: empty is %v", test.stat, got)
		}
	}
}

func FuzzStat(f *testing.F) {
	f.Add([]byte("10 (a) (b)" + statTail))
	f.Add([]byte("1 (x"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := parseStat(data)
		if err != nil {
			return
		}
		if len(s.state) != 1 || len(s.name) > len(data) {
			t.Fatalf("%q gave %+v", data, s)
		}
		again, err := parseStat(fmt.Appendf(nil, "1 (%s) %s %d 0 0 0 0 %d 0 0 0 0 0 0 0 0 0 0 %d 0 %d",
			strings.NewReplacer(`\`, `\\`, "\n", `\n`).Replace(s.name), s.state, s.parent, s.flags, s.threads, s.start))
		if err != nil || again != s {
			t.Fatalf("%+v became %+v: %v", s, again, err)
		}
	})
}
