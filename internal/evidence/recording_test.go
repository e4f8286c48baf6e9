package evidence_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"

	"github.com/linger-dev/linger/internal/evidence"
)

// record returns the bytes of a recording of the snapshots.
func record(t testing.TB, snapshots ...*evidence.Snapshot) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := evidence.NewWriter(&out, "linger test")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range snapshots {
		if err := w.Write(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// readAll returns the snapshots of a recording and the error that ended them.
func readAll(data []byte) ([]*evidence.Snapshot, error) {
	r, err := evidence.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var all []*evidence.Snapshot
	for {
		s, err := r.Next()
		if err != nil {
			return all, err
		}
		all = append(all, s)
	}
}

// plain returns the JSON Lines of a recording.
func plain(t testing.TB, data []byte) string {
	t.Helper()
	dec, err := zstd.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	text, err := io.ReadAll(dec)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func small(n int) []*evidence.Snapshot {
	var all []*evidence.Snapshot
	for i := range n {
		all = append(all, &evidence.Snapshot{Host: evidence.Host{Name: "h", HZ: i}})
	}
	return all
}

func TestAnySnapshotReadsBackAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := []*evidence.Snapshot{drawSnapshot(t), drawSnapshot(t)}
		var out bytes.Buffer
		w, err := evidence.NewWriter(&out, "linger test")
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range want {
			if err := w.Write(s); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		got, err := readAll(out.Bytes())
		if !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, sameSnapshots()); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestPlainJSONLinesAreAccepted(t *testing.T) {
	text := plain(t, record(t, small(2)...))
	got, err := readAll([]byte(text))
	if !errors.Is(err, io.EOF) || len(got) != 2 {
		t.Errorf("got %d snapshots, %v", len(got), err)
	}
}

func TestHeaderTellsWhoMadeTheRecording(t *testing.T) {
	r, err := evidence.NewReader(bytes.NewReader(record(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if h := r.Header(); h.MadeBy != "linger test" || h.Version != evidence.RecordingVersion || h.Started.IsZero() {
		t.Errorf("header is %+v", h)
	}
}

func TestCutRecordingDeliversWhatIsWhole(t *testing.T) {
	data := record(t, small(5)...)
	for name, whole := range map[string][]byte{"compressed": data, "plain": []byte(plain(t, data))} {
		most := 0
		for cut := range whole {
			got, err := readAll(whole[:cut])
			var cutErr *evidence.CutError
			switch {
			case errors.As(err, &cutErr):
				if cutErr.Snapshots != len(got) {
					t.Fatalf("%s, %d bytes: error says %v, got %d", name, cut, err, len(got))
				}
			case errors.Is(err, evidence.ErrNotRecording) && len(got) == 0:
			case errors.Is(err, io.EOF) && len(got) == 5 && name == "compressed":
				// only the frame's checksum is missing, or its empty last block
			default:
				t.Fatalf("%s, %d bytes: %v after %d", name, cut, err, len(got))
			}
			if len(got) < most {
				t.Fatalf("%s: %d bytes give %d snapshots, fewer bytes gave %d", name, cut, len(got), most)
			}
			most = len(got)
		}
		if most != 5 {
			t.Errorf("%s: at most %d snapshots were recovered", name, most)
		}
	}
	if got := (&evidence.CutError{Snapshots: 3}).Error(); got != "recording is cut after 3 snapshots" {
		t.Error(got)
	}
}

func TestWrittenSnapshotsSurviveAKilledRecorder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.zst")
	w, err := evidence.Create(path, "linger test")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range small(3) {
		if err := w.Write(s); err != nil {
			t.Fatal(err)
		}
	}
	// As a kill would leave it: neither closed nor flushed further.
	data, err := os.ReadFile(path + ".partial")
	if err != nil {
		t.Fatal(err)
	}
	got, err := readAll(data)
	var cut *evidence.CutError
	if !errors.As(err, &cut) || len(got) != 3 {
		t.Errorf("got %d snapshots, %v", len(got), err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a half recording stands under the final name: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + ".partial"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the partial file is left: %v", err)
	}
}

func TestNewRecorderLeavesAPartialFileAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.zst")
	if err := os.WriteFile(path+".partial", []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	w, err := evidence.Create(path, "linger test")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if data, _ := os.ReadFile(path + ".partial"); string(data) != "precious" {
		t.Errorf("partial file now holds %q", data)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("recording: %v, %v", info, err)
	}
}

func TestFullDiskIsReported(t *testing.T) {
	for name, use := range map[string]func(*evidence.Writer) error{
		"by Write": func(w *evidence.Writer) error { defer w.Close(); return w.Write(small(1)[0]) },
		"by Close": func(w *evidence.Writer) error { return w.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			dev := &fullAfter{n: 100}
			w, err := evidence.NewWriter(dev, "linger test")
			if err != nil {
				t.Fatal(err)
			}
			dev.n = 0
			if err := use(w); !errors.Is(err, errFull) {
				t.Errorf("got %v", err)
			}
			if err := w.Close(); !errors.Is(err, errFull) {
				t.Errorf("Close says %v", err)
			}
		})
	}
	if _, err := os.Stat("/dev/full"); err == nil {
		if _, err := evidence.Create("/dev/full", "linger test"); err == nil {
			t.Error("nothing was said about /dev/full")
		}
	}
}

var errFull = errors.New("no space left on device")

// fullAfter takes n writes.
type fullAfter struct{ n int }

func (f *fullAfter) Write(p []byte) (int, error) {
	if f.n--; f.n < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestNewerVersionIsRefusedByName(t *testing.T) {
	_, err := readAll([]byte(`{"linger":"recording","version":7,"made_by":"linger 9.0","started":12}` + "\n"))
	var newer *evidence.VersionError
	if !errors.As(err, &newer) {
		t.Fatalf("got %v", err)
	}
	if newer.Version != 7 || !strings.Contains(err.Error(), `"linger 9.0"`) || newer.Hint() == "" {
		t.Errorf("got %v", err)
	}
}

func TestBrokenRecordingsNameTheLine(t *testing.T) {
	const head = `{"linger":"recording","version":1,"made_by":"x","started":"2026-01-01T00:00:00Z"}` + "\n"
	const good = `{"type":"snapshot","snapshot":{}}` + "\n"
	for name, c := range map[string]struct {
		rest string
		line int
		says string
	}{
		"no JSON":               {good + "{nonsense}\n", 3, "invalid character"},
		"an unknown state":      {`{"type":"snapshot","snapshot":{"namespaces":[{"tallies":[{"states":{"STATE_99":1}}]}]}}` + "\n", 2, "unknown TCP state"},
		"a port too large":      {`{"type":"snapshot","snapshot":{"namespaces":[{"tallies":[{"ports":"1,70000"}]}]}}` + "\n", 2, "neither a port"},
		"no direction":          {`{"type":"snapshot","snapshot":{"namespaces":[{"tallies":[{}]}]}}` + "\n", 2, "without a direction"},
		"a range past the end":  {`{"type":"snapshot","snapshot":{"namespaces":[{"settings":{"ip_local_port_range_high":70000}}]}}` + "\n", 2, "is no port"},
		"no snapshot":           {`{"type":"snapshot"}` + "\n", 2, "without a snapshot"},
		"a wrong total":         {good + `{"type":"end","snapshots":2}` + "\n", 3, "says 2 snapshots"},
		"no total":              {good + `{"type":"end"}` + "\n", 3, "without its number"},
		"more after the end":    {good + `{"type":"end","snapshots":1}` + "\n" + good, 4, "goes on"},
		"too many objects":      {`{"type":"snapshot","snapshot":{"owners":[` + strings.Repeat("{},", 2<<20) + "{}]}}\n", 2, "is refused"},
		"too many wide portset": {`{"type":"snapshot","snapshot":{"x":[` + strings.Repeat(`"1-65535",`, 200_000) + "1]}}\n", 2, "is refused"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := readAll([]byte(head + c.rest))
			var bad *evidence.LineError
			if !errors.As(err, &bad) || bad.Line != c.line || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %.200v", err)
			}
		})
	}
}

func TestOtherFilesAreNoRecordings(t *testing.T) {
	for _, text := range []string{"", "\n", "PK\x03\x04", "{}\n", "[1]\n", `{"linger":"recording","version":-1}` + "\n", strings.Repeat("x", 2<<20)} {
		if _, err := readAll([]byte(text)); !errors.Is(err, evidence.ErrNotRecording) {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}

func TestUnknownLinesAreSkipped(t *testing.T) {
	text := strings.Replace(plain(t, record(t, small(2)...)), `{"type":"end"`, `{"type":"event","what":1}`+"\n"+`{"type":"end"`, 1)
	got, err := readAll([]byte(text))
	if !errors.Is(err, io.EOF) || len(got) != 2 {
		t.Errorf("got %d snapshots, %v", len(got), err)
	}
}

func TestImpossibleValuesDoNotPanicWhenWritten(t *testing.T) {
	for _, m := range []interface{ MarshalText() ([]byte, error) }{evidence.Reason(200), evidence.Direction(200)} {
		if _, err := m.MarshalText(); err != nil {
			t.Error(err)
		}
	}
	if _, err := (evidence.Int{State: 200}).MarshalJSON(); err != nil {
		t.Error(err)
	}
	var i evidence.Int
	if err := i.UnmarshalJSON([]byte("null")); err != nil || i.State != evidence.Unread {
		t.Errorf("null became %v, %v", i, err)
	}
}

// FuzzReader checks that no bytes make a reader panic, and that what it
// delivers can be written again.
func FuzzReader(f *testing.F) {
	data := record(f, small(2)...)
	f.Add(data)
	f.Add(data[:len(data)/2])
	f.Add([]byte(plain(f, data)))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := readAll(data)
		if err == nil {
			t.Fatal("no error ended the recording")
		}
		for _, s := range all {
			record(t, s)
		}
	})
}
