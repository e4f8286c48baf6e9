package timeline_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/view/timeline"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares got with a file in testdata, which shows how it looks.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-update writes it anew):\n%s", path, diff)
	}
}

func stories() map[string]evidence.Timeline {
	return map[string]evidence.Timeline{
		"active-close": activeClose(),
		"trouble":      trouble(),
		"crossing":     crossing(),
		"loopback":     loopback(),
		"crowd":        crowd(3, 4),
		"hostile":      evil(),
		"empty":        {},
	}
}

func text(t *testing.T, line evidence.Timeline) string {
	t.Helper()
	var out bytes.Buffer
	if err := timeline.Text(&out, line); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func svg(t *testing.T, line evidence.Timeline, o timeline.Options) string {
	t.Helper()
	var out bytes.Buffer
	if err := timeline.SVG(&out, line, o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestPicturesLookAsInTheGoldenFiles(t *testing.T) {
	options := map[string]timeline.Options{
		"active-close": {Title: "Who closes first keeps the port", Subtitle: "claim active-close, Linux 6.18"},
		"hostile":      {Title: hostile, Subtitle: hostile},
	}
	for name, line := range stories() {
		t.Run(name, func(t *testing.T) {
			got := svg(t, line, options[name])
			golden(t, name+".svg", got)
			parse(t, got)
			ladder := text(t, line)
			golden(t, name+".txt", ladder)
			for i, line := range strings.Split(ladder, "\n") {
				if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r > '~' }) {
					t.Errorf("line %d of the ladder is not plain: %q", i+1, line)
				}
			}
		})
	}
}

// parse fails if a picture is not well formed or has more in it than shapes
// and texts.
func parse(t *testing.T, picture string) (elements map[string]int) {
	t.Helper()
	allowed := "svg title style defs pattern rect polyline polygon circle text"
	elements = map[string]int{}
	for d := xml.NewDecoder(strings.NewReader(picture)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return elements
		}
		if err != nil {
			t.Fatalf("not well formed: %v", err)
		}
		if e, ok := token.(xml.StartElement); ok {
			elements[e.Name.Local]++
			if !strings.Contains(" "+allowed+" ", " "+e.Name.Local+" ") {
				t.Errorf("element %s", e.Name.Local)
			}
		}
	}
}
