package sysctl

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linger-dev/linger/internal/evidence"
)

// tree makes a proc of the given files, by path under its root.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestEverySettingOfTheEvidenceHasAFile(t *testing.T) {
	paths := Paths()
	fields := reflect.TypeFor[evidence.Settings]()
	for i := range fields.NumField() {
		key := fields.Field(i).Tag.Get("json")
		if paths[key] == "" {
			t.Errorf("%s is read from nowhere", key)
		}
		delete(paths, key)
	}
	if len(paths) != 0 {
		t.Errorf("these belong to no field: %v", paths)
	}
}

func TestEachFileFillsItsOwnFields(t *testing.T) {
	for key, path := range Paths() {
		root := tree(t, map[string]string{"sys/net/ipv4/.keep": "", "sys/" + path: "7 9\n"})
		if !strings.Contains(path, "range") {
			root = tree(t, map[string]string{"sys/net/ipv4/.keep": "", "sys/" + path: "7\n"})
		}
		got, gaps := Read(root)
		if len(gaps) != 0 {
			t.Errorf("%s: %v", key, gaps)
		}
		v := reflect.ValueOf(got)
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.Tag.Get("json") != key {
				continue
			}
			switch x := v.Field(i).Interface().(type) {
			case evidence.Int:
				if want := int64(7); !x.Is(want) && (!strings.HasSuffix(key, "_high") || !x.Is(9)) {
					t.Errorf("%s = %v", key, x)
				}
			case *evidence.PortSet:
				if x.String() != "7" {
					t.Errorf("%s = %v", key, x)
				}
			}
		}
	}
}

func TestMissingIsAbsentAndGarbageIsUnreadableWithAGap(t *testing.T) {
	s, gaps := Read(tree(t, map[string]string{
		"sys/net/ipv4/tcp_tw_reuse":            "2\n",
		"sys/net/ipv4/tcp_ehash_entries":       "-262144\n",
		"sys/net/ipv4/tcp_fin_timeout":         "soon\n",
		"sys/net/ipv4/tcp_timestamps":          "1 1\n",
		"sys/net/ipv4/ip_local_port_range":     "32768\t70000\n",
		"sys/net/ipv4/ip_local_reserved_ports": "8080,9000-x\n",
	}))
	for name, c := range map[string]struct{ got, want evidence.Int }{
		"tw_reuse":     {s.TWReuse, evidence.IntOf(2)},
		"ehash":        {s.EhashEntries, evidence.IntOf(-262144)},
		"tw_recycle":   {s.TWRecycle, evidence.Int{State: evidence.Absent}},
		"conntrack":    {s.ConntrackTW, evidence.Int{State: evidence.Absent}},
		"fin_timeout":  {s.FinTimeout, evidence.Int{State: evidence.Unreadable}},
		"timestamps":   {s.Timestamps, evidence.Int{State: evidence.Unreadable}},
		"range's low":  {s.PortLow, evidence.Int{State: evidence.Unreadable}},
		"range's high": {s.PortHigh, evidence.Int{State: evidence.Unreadable}},
	} {
		if c.got != c.want {
			t.Errorf("%s = %+v, want %+v", name, c.got, c.want)
		}
	}
	if s.Reserved != nil {
		t.Errorf("reserved = %v, want nil", s.Reserved)
	}
	if len(gaps) != 4 {
		t.Errorf("%d gaps, want one for each of the four: %v", len(gaps), gaps)
	}
}

func TestAForbiddenFileIsUnreadableAndSaysHowToReadIt(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may read everything")
	}
	root := tree(t, map[string]string{"sys/net/ipv4/tcp_tw_reuse": "2\n"})
	if err := os.Chmod(filepath.Join(root, "sys/net/ipv4/tcp_tw_reuse"), 0); err != nil {
		t.Fatal(err)
	}
	s, gaps := Read(root)
	if s.TWReuse.State != evidence.Unreadable || len(gaps) != 1 || gaps[0].Hint == "" {
		t.Errorf("%+v, gaps %v", s.TWReuse, gaps)
	}
}

func TestWithoutAProcTreeNothingIsCalledAbsent(t *testing.T) {
	s, gaps := Read(t.TempDir())
	v := reflect.ValueOf(s)
	for i := range v.NumField() {
		if x, ok := v.Field(i).Interface().(evidence.Int); ok && x.State != evidence.Unreadable {
			t.Errorf("%s is %v", v.Type().Field(i).Name, x.State)
		}
	}
	if len(gaps) != 1 {
		t.Errorf("gaps = %v, want one", gaps)
	}
}

func TestNumbersAreReadAsTheKernelWritesThem(t *testing.T) {
	got, err := parseNumbers("32768\t60999\n", 2)
	if diff := cmp.Diff([]int64{32768, 60999}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for _, bad := range []string{"", "1", "1 2 3", "1 x", "1 99999999999999999999", "0x1 2"} {
		if got, err := parseNumbers(bad, 2); err == nil {
			t.Errorf("%q is read as %v", bad, got)
		}
	}
}

func FuzzSettingsAreReadOrRefusedButNeverPanic(f *testing.F) {
	f.Add("2\n")
	f.Add("32768\t60999\n")
	f.Add("22,80-90\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, e := range table() {
			var s evidence.Settings
			if e.kind == list {
				if set, err := evidence.ParsePorts(text); err == nil && set == nil {
					t.Error("neither ports nor an error")
				}
				continue
			}
			err := e.numbers(text, &s)
			for _, v := range e.into(&s) {
				if err == nil && v.State != evidence.Present {
					t.Errorf("%s: %q is no error and no value", e.path, text)
				}
				if e.kind == ports && err == nil && (v.Value < 0 || v.Value > 65535) {
					t.Errorf("%s: %d is no port", e.path, v.Value)
				}
			}
		}
	})
}
