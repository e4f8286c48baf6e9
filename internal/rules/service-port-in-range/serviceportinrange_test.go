package serviceportinrange_test

import (
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule/ruletest"
	serviceportinrange "github.com/linger-dev/linger/internal/rules/service-port-in-range"
)

func listening(reserved *evidence.PortSet, at ...evidence.Listener) *evidence.Snapshot {
	return ruletest.Snapshot(func(s *evidence.Snapshot, ns *evidence.Namespace) {
		s.Owners = []evidence.Owner{ruletest.Process(812, "broker", "S")}
		ns.Settings.Reserved = reserved
		ns.Listeners = at
	})
}

func TestServicesAreWarnedOfExactlyInsideTheRange(t *testing.T) {
	ruletest.Run(t, serviceportinrange.Rule(), ruletest.Cases{
		"fires_and_keeps_what_is_reserved": listening(evidence.PortSetOf(35000, 35001),
			ruletest.Listening("0.0.0.0:50000", 1, 812), ruletest.Listening("[::]:50000", 2, 812), ruletest.Listening("10.0.0.1:50001", 3)),
		"fires_at_both_ends": listening(new(evidence.PortSet),
			ruletest.Listening("0.0.0.0:32768", 1, 812), ruletest.Listening("0.0.0.0:60999", 2, 812)),
		"fires_mildly_on_loopback":      listening(new(evidence.PortSet), ruletest.Listening("127.0.0.1:40123", 1, 812)),
		"silent_outside_of_both_ends":   listening(new(evidence.PortSet), ruletest.Listening("0.0.0.0:32767", 1, 812), ruletest.Listening("0.0.0.0:61000", 2, 812)),
		"silent_when_reserved":          listening(evidence.PortSetOf(50000), ruletest.Listening("0.0.0.0:50000", 1, 812)),
		"silent_if_reserved_is_unknown": listening(nil, ruletest.Listening("0.0.0.0:50000", 1, 812)),
	})
}
