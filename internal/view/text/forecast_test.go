package text_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/forecast"
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/view/text"
)

// foretell returns the forecast for evidence that package forecast's tests
// recorded.
func foretell(t *testing.T, name string, opt text.Options, o forecast.Options) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "forecast", "testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var s evidence.Snapshot
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := text.New(&out, opt).Forecast(forecast.Of(&s, o)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestAForecastIsShortAndSaysHowSureItIs(t *testing.T) {
	var en, zh strings.Builder
	for _, name := range []string{"at-the-wall", "out-now", "odd-range", "quota", "close-wait-leak", "reuse", "calm"} {
		en.WriteString("# " + name + "\n" + foretell(t, name, text.Options{Width: 100}, forecast.Options{}))
		zh.WriteString("# " + name + "\n" + foretell(t, name, text.Options{Unicode: true, Lang: say.Chinese}, forecast.Options{}))
	}
	golden(t, "forecast-en", en.String())
	golden(t, "forecast-zh", zh.String())
}

func TestAForecastSaysWhatItLeftOut(t *testing.T) {
	if got := foretell(t, "at-the-wall", text.Options{}, forecast.Options{Work: 1}); !strings.Contains(got, "1 more groups") {
		t.Errorf("%s", got)
	}
	if got := foretell(t, "calm", text.Options{}, forecast.Options{}); got != "" {
		t.Errorf("nothing is in danger: %s", got)
	}
}
