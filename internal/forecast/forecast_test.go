package forecast_test

import (
	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule/ruletest"
	"github.com/linger-dev/linger/internal/tcp"
)

// toward returns evidence of a group that has closed n connections in each of the
// last seconds, with so many live ones, in the range of so many ports from 20000.
func toward(n, seconds, live, size int, edit func(*evidence.Namespace, *evidence.Tally)) *evidence.Snapshot {
	return ruletest.Snapshot(func(_ *evidence.Snapshot, ns *evidence.Namespace) {
		ns.Settings.PortLow, ns.Settings.PortHigh = evidence.IntOf(20000), evidence.IntOf(20000+int64(size)-1)
		t := ruletest.Outbound("10.0.0.1", "10.0.0.2:80")
		ruletest.TimeWait(&t, n*seconds, seconds, 20000)
		ruletest.Live(&t, tcp.Established, live, 20000+uint16(n*seconds))
		if edit != nil {
			edit(ns, &t)
		}
		ns.Tallies = []evidence.Tally{t}
	})
}
