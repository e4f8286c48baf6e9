package forecast_test

import (
	"encoding/json"
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/forecast"
)

// FuzzOf forecasts what strangers recorded.
func FuzzOf(f *testing.F) {
	for _, s := range cases() {
		text, err := json.Marshal(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var s evidence.Snapshot
		if json.Unmarshal(text, &s) != nil {
			return
		}
		const work = 20_000
		got := forecast.Of(&s, forecast.Options{Work: work})
		if got.Work > 20*work {
			t.Errorf("%d connections of %d", got.Work, work)
		}
		for _, g := range got.Groups {
			if o := g.AsIs; o != nil && (o.In < 0 || o.Held < 0) {
				t.Errorf("%+v", o)
			}
		}
	})
}
