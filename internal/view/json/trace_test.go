package json

import (
	"bytes"
	stdjson "encoding/json"
	"net/netip"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/view"
)

func TestAClosedConnectionIsOneObjectAndSaysOnlyWhatWasSeen(t *testing.T) {
	c := evidence.Closed{
		At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("east", 3600)), Cookie: 7,
		Origin: evidence.Connected, Closer: &evidence.Owner{PID: 3, Name: "x\xff\x1b"}, First: evidence.Us, How: "close", End: evidence.LeftTimeWait,
	}
	c.Src, c.Dst = netip.MustParseAddrPort("10.0.0.1:4"), netip.MustParseAddrPort("[::1]:5")
	var out strings.Builder
	if err := New(&out).Closed(&c); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := stdjson.Unmarshal([]byte(out.String()), &got); err != nil || strings.Count(out.String(), "\n") != 1 || strings.Contains(out.String(), "\x1b") {
		t.Fatalf("%v: %q", err, &out)
	}
	for key, want := range map[string]any{
		"schema": ClosedSchema, "at": "2026-01-02T02:04:05Z", "src": "10.0.0.1:4", "dst": "[::1]:5", "first": "us", "end": "TIME_WAIT", "sent": 0.,
	} {
		if got[key] != want {
			t.Errorf("%s is %v, want %v", key, got[key], want)
		}
	}
	for _, key := range []string{"opener", "lived_ns", "signal", "estimated"} {
		if _, there := got[key]; there {
			t.Errorf("%s is there, though it was not seen", key)
		}
	}
}

func TestTheLastObjectOfATraceHasListsAndCoverage(t *testing.T) {
	s := view.NewTraceSum()
	s.Traced = evidence.Traced{Closed: 9, Lost: 2}
	var out strings.Builder
	if err := New(&out).TraceEnd(s); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), `"makers":[],"failed_calls":[],"traced":{`) || !strings.Contains(out.String(), `"lost":2`) {
		t.Error(out.String())
	}
	f := evidence.FailedCall{Call: "bind", Errno: "EADDRINUSE", Fresh: 2, Count: 3}
	s.AddFailed(&f)
	out.Reset()
	if err := New(&out).Failed(&f); err != nil || !strings.HasPrefix(out.String(), `{"schema":"linger.failed-call/1",`) {
		t.Errorf("%v: %s", err, out.String())
	}
}

func TestEveryJSONKeyOfATraceIsDocumented(t *testing.T) {
	doc, err := os.ReadFile("../../../docs/json.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(doc), "\n## `linger trace`\n")
	section, _, _ = strings.Cut(section, "\n## ")
	// These are described with a snapshot.
	seen := map[reflect.Type]bool{reflect.TypeFor[evidence.Owner](): true, reflect.TypeFor[evidence.Gap](): true}
	for _, v := range []any{closed{}, failedCall{}, traceEnd{}} {
		keys(reflect.TypeOf(v), seen, func(in reflect.Type, key string) {
			if !bytes.Contains([]byte(section), []byte("`"+key+"`")) {
				t.Errorf("docs/json.md does not name `%s` of %s under linger trace", key, in)
			}
		})
	}
}
