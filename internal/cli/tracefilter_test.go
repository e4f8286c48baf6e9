package cli

import (
	"net/netip"
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
)

func TestFiltersLetThroughWhatIsAskedFor(t *testing.T) {
	c := evidence.Closed{
		Opener: &evidence.Owner{PID: 10, Name: "nginx", Unit: "nginx.service"},
		Closer: &evidence.Owner{PID: 812, Name: "a-name-of-15-by", Container: "0123456789abcdef", Pod: "pod-7"},
		End:    evidence.LeftTimeWait,
	}
	c.Src, c.Dst = netip.MustParseAddrPort("10.0.0.1:80"), netip.MustParseAddrPort("[2001:db8::1]:40000")
	for _, x := range []struct {
		filter traceFilter
		want   bool
	}{
		{traceFilter{}, true},
		{traceFilter{Process: "nginx"}, true},
		{traceFilter{Process: "ngin"}, false},
		{traceFilter{Process: "812"}, true},
		{traceFilter{Process: "81"}, false},
		{traceFilter{Process: "a-name-of-15-bytes-and-more"}, true},
		{traceFilter{Port: 80}, true},
		{traceFilter{Port: 40000}, true},
		{traceFilter{Port: 81}, false},
		{traceFilter{Address: "10.0.0.0/8"}, true},
		{traceFilter{Address: "::ffff:10.0.0.1"}, true},
		{traceFilter{Address: "2001:db8::1"}, true},
		{traceFilter{Address: "10.0.0.2"}, false},
		{traceFilter{Address: "2001:db9::/32"}, false},
		{traceFilter{Container: "4567"}, true},
		{traceFilter{Container: "pod-7"}, true},
		{traceFilter{Container: "nginx.service"}, true},
		{traceFilter{Container: "other"}, false},
		{traceFilter{Process: "nginx", Container: "pod-7"}, false}, // no process is both
		{traceFilter{Process: "812", Container: "pod-7"}, true},
		{traceFilter{Lingering: true}, true},
		{traceFilter{State: "time-wait"}, true},
		{traceFilter{State: "last-ack"}, false},
		{traceFilter{Process: "nginx", Port: 81}, false},
	} {
		if got := x.filter.closed(&c); got != x.want {
			t.Errorf("%+v lets it through: %v", x.filter, got)
		}
	}
	for end, state := range map[evidence.End]string{
		evidence.LeftFinWait2: "fin-wait2", "LAST_ACK": "last-ack", "reset sent": "reset", "reset received": "reset", "timeout": "timeout", "dropped": "other",
	} {
		if c.End = end; !(&traceFilter{State: state}).closed(&c) {
			t.Errorf("--state %s hides %s", state, end)
		}
	}
	c.End, c.Opener, c.Closer = "LAST_ACK", nil, nil
	for _, f := range []traceFilter{{Lingering: true}, {Process: "nginx"}, {Container: "n"}} {
		if f.closed(&c) {
			t.Errorf("%+v lets through what nobody made and nothing is left of", f)
		}
	}
}

func TestFiltersChooseAmongFailedCalls(t *testing.T) {
	call := evidence.FailedCall{Owner: &evidence.Owner{PID: 7, Name: "app"}, Addr: netip.MustParseAddrPort("10.0.0.2:80")}
	for _, x := range []struct {
		filter traceFilter
		want   bool
	}{
		{traceFilter{}, true},
		{traceFilter{Process: "app", Port: 80, Address: "10.0.0.2"}, true},
		{traceFilter{Process: "web"}, false},
		{traceFilter{Port: 81}, false},
		{traceFilter{Address: "10.0.0.3"}, false},
	} {
		if got := x.filter.failed(&call); got != x.want {
			t.Errorf("%+v lets it through: %v", x.filter, got)
		}
	}
}
