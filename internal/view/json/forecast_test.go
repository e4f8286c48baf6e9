package json_test

import (
	"bytes"
	stdjson "encoding/json"
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/forecast"
	"github.com/linger-dev/linger/internal/view/json"
)

func TestAForecastIsOneObjectWithItsSchema(t *testing.T) {
	f := forecast.Forecast{
		Horizon: 3600e9, Safe: 3, Groups: []forecast.Group{{Namespace: "host", Key: evidence.Key{Direction: evidence.Outbound}, AsIs: &forecast.Outlook{Never: true, Of: 10}}},
		Quotas: []forecast.Quota{}, Failed: []forecast.Failure{},
	}
	var out bytes.Buffer
	if err := json.New(&out).Forecast(f); err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(out.Bytes(), []byte("\n")); n != 1 {
		t.Errorf("%d lines", n)
	}
	var back struct {
		Schema string
		forecast.Forecast
	}
	if err := stdjson.Unmarshal(out.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if back.Schema != json.ForecastSchema || back.Safe != 3 || back.Groups[0].Twice != nil || back.Groups[0].AsIs.Of != 10 || !back.Groups[0].AsIs.Never {
		t.Errorf("%s", out.String())
	}
}
