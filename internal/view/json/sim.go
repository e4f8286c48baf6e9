package json

import (
	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/twin/play/outcome"
)

// The schemas of the objects of `linger sim`.
const (
	SimClaimsSchema = "linger.sim.claims/1"
	SimRunSchema    = "linger.sim.run/1"
	SimFleetSchema  = "linger.sim.fleet/1"
	SimSweepSchema  = "linger.sim.sweep/1"
)

// SimClaims writes what the twin says to claims.
func (r *Reporter) SimClaims(c *outcome.Claims) error {
	return r.write(struct {
		Schema   string          `json:"schema"`
		Kernel   string          `json:"kernel"`
		HZ       int             `json:"hz"`
		Proved   int             `json:"proved"`
		NotSo    int             `json:"not_so"`
		Untested int             `json:"not_testable"`
		Results  []outcome.Claim `json:"results"`
	}{SimClaimsSchema, string(c.Kernel), c.HZ, c.Count(claims.Proved), c.Count(claims.NotSo), c.Count(claims.NotTestable), orEmpty(c.Results)})
}

// SimRun writes what came of traffic over one host.
func (r *Reporter) SimRun(run *outcome.Run) error {
	out := *run
	out.Groups, out.Points, out.Events = orEmpty(run.Groups), orEmpty(run.Points), orEmpty(run.Events)
	return r.write(struct {
		Schema string `json:"schema"`
		*outcome.Run
	}{SimRunSchema, &out})
}

// SimFleet writes what came of traffic over a fleet.
func (r *Reporter) SimFleet(f *outcome.Fleet) error {
	out := *f
	out.Quantiles, out.First, out.Rates, out.Timeline = orEmpty(f.Quantiles), orEmpty(f.First), orEmpty(f.Rates), orEmpty(f.Timeline)
	return r.write(struct {
		Schema string `json:"schema"`
		*outcome.Fleet
	}{SimFleetSchema, &out})
}

// SimSweep writes what came of many runs.
func (r *Reporter) SimSweep(s *outcome.Sweep) error {
	return r.write(struct {
		Schema string `json:"schema"`
		*outcome.Sweep
	}{SimSweepSchema, s})
}
