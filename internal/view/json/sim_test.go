package json_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/twin/play/outcome"
	view "github.com/linger-dev/linger/internal/view/json"
)

func TestSimulationsNameTheirSchemaAndHaveNoNull(t *testing.T) {
	for schema, write := range map[string]func(*view.Reporter) error{
		view.SimRunSchema:   func(r *view.Reporter) error { return r.SimRun(&outcome.Run{Streams: []outcome.Stream{}}) },
		view.SimFleetSchema: func(r *view.Reporter) error { return r.SimFleet(&outcome.Fleet{Streams: []outcome.Stream{}}) },
		view.SimSweepSchema: func(r *view.Reporter) error {
			return r.SimSweep(&outcome.Sweep{Axes: []outcome.Axis{}, Cells: []outcome.Cell{}})
		},
		view.SimClaimsSchema: func(r *view.Reporter) error { return r.SimClaims(&outcome.Claims{}) },
	} {
		var out bytes.Buffer
		if err := write(view.New(&out)); err != nil {
			t.Fatal(err)
		}
		var object map[string]any
		if err := json.Unmarshal(out.Bytes(), &object); err != nil || object["schema"] != schema {
			t.Errorf("schema %v, want %s (%v)", object["schema"], schema, err)
		}
		if strings.Contains(out.String(), "null") {
			t.Errorf("%s: a null in %s", schema, out.String())
		}
	}
}

func TestAClaimOnTheTwinCarriesItsReasonInBothLanguages(t *testing.T) {
	var out bytes.Buffer
	why := say.F("packets: none", "数据包：没有")
	c := &outcome.Claims{Kernel: "6.1", HZ: 250, Results: []outcome.Claim{{
		Result: claims.Result{Name: "x", Verdict: claims.NotTestable, Why: why.EN, Plays: []claims.Play{}}, Reason: why,
		Samples: []outcome.Sample{{At: time.Second, Minis: 3}},
	}}}
	if err := view.New(&out).SimClaims(c); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Kernel   string
		HZ       int
		Untested int `json:"not_testable"`
		Results  []struct {
			Name, Verdict, Why string
			Reason             say.Text
			Samples            []outcome.Sample
		}
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if r := got.Results[0]; got.Untested != 1 || got.HZ != 250 || r.Reason != why || r.Why != why.EN || r.Samples[0].Minis != 3 {
		t.Errorf("%+v", got)
	}
}
