package twin_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/twin"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden[T any](t *testing.T, path string, want *T, make func() T) {
	t.Helper()
	got := make()
	if *update {
		text, err := json.MarshalIndent(got, "", "\t")
		if err == nil {
			err = os.MkdirAll("testdata", 0o755)
		}
		if err == nil {
			err = os.WriteFile(path, append(text, '\n'), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, want)
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(*want, got); diff != "" {
		t.Errorf("the same seed gives something else (-golden +now):\n%s", diff)
	}
}

func TestLoadRefusesWhatNoKernelHas(t *testing.T) {
	for name, change := range map[string]func(*evidence.Snapshot){
		"a range that is upside down": func(s *evidence.Snapshot) { s.Namespaces[0].Settings.PortLow = evidence.IntOf(61000) },
		"a mode of tcp_tw_reuse":      func(s *evidence.Snapshot) { s.Namespaces[0].Settings.TWReuse = evidence.IntOf(7) },
		"a kernel that is too old":    func(s *evidence.Snapshot) { s.Host.Kernel = "2.4.20" },
		"no namespace":                func(s *evidence.Snapshot) { s.Namespaces = nil },
		"too many sockets":            func(s *evidence.Snapshot) { s.Namespaces[0].Tallies[0].Minute.Tail = 1 << 31 },
	} {
		s := crowd(t, "6.18").Snapshot()
		change(s)
		if _, err := twin.Load(s, 0, twin.Options{}); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func FuzzLoad(f *testing.F) {
	for _, kernel := range []evidence.Kernel{"3.10", "4.4", "6.18"} {
		c := newClient(f, kernel)
		for i := range 5 {
			c.Advance(time.Duration(i) * 14 * time.Second)
			c.linger()
			c.connect()
			c.close(c.connect().Conn, twin.Abandoned)
			if _, err := c.Accept(c.Inbound(there, here), 5, twin.SocketOptions{}); err != nil && i == 0 {
				f.Fatal(err)
			}
		}
		text, err := json.Marshal(c.Snapshot())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var s evidence.Snapshot
		dec := json.NewDecoder(bytes.NewReader(text))
		if dec.Decode(&s) != nil {
			return
		}
		for i := range s.Namespaces {
			for j := range s.Namespaces[i].Tallies {
				if s.Namespaces[i].Tallies[j].Minute.Total() > 100_000 {
					return // true, but slow
				}
			}
		}
		h, err := twin.Load(&s, 0, twin.Options{})
		if err != nil {
			return
		}
		for id, key := range h.Groups() {
			if key.Direction == evidence.Outbound {
				h.Connect(id, twin.Dial{})
			}
			for c := range h.Live(id) {
				if err := h.Close(c, twin.ByUs); err != nil {
					t.Fatal(err)
				}
				break
			}
		}
		h.Advance(30 * time.Second)
		h.Snapshot()
		h.Advance(10 * time.Minute)
		if h.Minis() != 0 {
			t.Errorf("%d mini-sockets never end", h.Minis())
		}
	})
}
