package text_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/view"
	"github.com/linger-dev/linger/internal/view/text"
)

func tuple(src, dst string) tcp.FourTuple {
	return tcp.FourTuple{Src: netip.MustParseAddrPort(src), Dst: netip.MustParseAddrPort(dst)}
}

func noon(ms int) time.Time {
	return time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC).Add(time.Duration(ms) * time.Millisecond)
}

// closings has a line for each kind of thing that a line can say.
func closings() []evidence.Closed {
	curl := &evidence.Owner{PID: 812, Start: 1, Name: "curl", Unit: "cron.service"}
	master := &evidence.Owner{PID: 1000, Start: 1, Name: "nginx"}
	worker := &evidence.Owner{
		PID: 4194303, Start: 2, Name: "nginx: worker p", Pod: "3f1c2b7e-0000-4000-8000-00000000000a",
		Container: strings.Repeat("0123456789abcdef", 4), Unit: "kubelet.service",
	}
	evil := &evidence.Owner{PID: 66, Start: 3, Name: hostile, Unit: hostile}
	v4 := tuple("10.0.0.1:40000", "10.0.0.2:80")
	v6 := tuple("[2001:db8:1234:5678:9abc:def0:1234:5678]:60999", "[2001:db8::2]:443")
	return []evidence.Closed{
		{
			At: noon(1), FourTuple: v4, Origin: evidence.Connected, Opener: curl, Closer: curl, First: evidence.Us, How: "close",
			End: evidence.LeftTimeWait, Lived: 345 * time.Microsecond, Sent: 78, Received: 1_234_567,
		},
		{
			At: noon(20), FourTuple: v6, Origin: evidence.Accepted, Opener: master, Closer: worker, First: evidence.Them, How: "shutdown",
			End: "LAST_ACK", Lived: 75 * time.Minute, Sent: 999_999_999, Received: 12,
		},
		{
			At: noon(21), FourTuple: v4, Origin: "unknown", Closer: evil, First: evidence.ResetByUs, How: "signal", Signal: 9, End: "reset sent",
		},
		{
			At: noon(300), FourTuple: v4, Origin: evidence.Connected, Opener: curl, First: evidence.ResetByThem, How: "unknown",
			End: "reset received", Lived: 1500 * time.Millisecond,
		},
		{At: noon(301), FourTuple: v6, Origin: "unknown", First: "unknown", How: "unknown", End: evidence.LeftTimeWait, Estimated: true},
		{
			At: noon(999), FourTuple: v4, Origin: evidence.Connected, Opener: curl, Closer: curl, First: evidence.Both, How: "disconnect",
			End: evidence.LeftFinWait2, Lived: 42 * time.Second,
		},
	}
}

func calls() []evidence.FailedCall {
	return []evidence.FailedCall{
		{
			At: noon(5), Owner: &evidence.Owner{PID: 812, Name: "php-fpm", Unit: "php-fpm.service"}, Call: "connect", Errno: "EADDRNOTAVAIL",
			Addr: netip.MustParseAddrPort("10.0.0.2:6379"), Fresh: 1200, Count: 28232,
		},
		{
			At: noon(6), Owner: &evidence.Owner{PID: 66, Name: hostile}, Call: "connect", Errno: "EADDRNOTAVAIL", Bound: true,
			Addr: netip.MustParseAddrPort("[2001:db8:1234:5678:9abc:def0:1234:5678]:443"), Fresh: 1, Count: 1,
		},
		{At: noon(7), Call: "bind", Errno: "EADDRINUSE", Addr: netip.MustParseAddrPort("0.0.0.0:80"), Fresh: 3, Count: 3},
	}
}

func traced() evidence.Traced {
	return evidence.Traced{
		Since: noon(0), Exact: true, Closed: 9, Lost: 2, UnknownOwner: 1, Failures: 28236,
		Gaps: []evidence.Gap{
			{What: "2 records were lost because nobody read them in time", Loses: "they are counted, but not listed"},
			{What: "tracefs is not mounted", Loses: "bind() is not seen", Hint: "sudo mount -t tracefs tracefs /sys/kernel/tracing"},
		},
	}
}

// trace writes all lines and both ends.
func trace(t *testing.T, opt text.Options, whole bool) string {
	t.Helper()
	var out strings.Builder
	r := text.New(&out, opt)
	tr := r.Trace(whole)
	sum := view.NewTraceSum()
	sum.Took, sum.Traced = 34*time.Second, traced()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ok(tr.ClosedTitles())
	for _, c := range closings() {
		sum.Add(&c)
		ok(tr.Closed(&c))
	}
	ok(r.ClosedEnd(sum))
	sum.Filtered, sum.Enough = true, true
	out.WriteString("\n")
	ok(tr.FailedTitles())
	for _, f := range calls() {
		sum.AddFailed(&f)
		ok(tr.Failed(&f))
	}
	ok(r.FailedEnd(sum))
	return out.String()
}

func TestTraceLooksAsBefore(t *testing.T) {
	for name, c := range map[string]struct {
		opt   text.Options
		whole bool
	}{
		"trace-80":      {text.Options{Width: 80, Unicode: true}, false},
		"trace-narrow":  {text.Options{Width: 44, Unicode: true}, false},
		"trace-wide":    {text.Options{Width: 220, Unicode: true}, false},
		"trace-whole":   {text.Options{Width: 80, Unicode: true}, true},
		"trace-ascii":   {text.Options{Width: 120}, false},
		"trace-one-row": {text.Options{Width: 80, Unicode: true, Rows: 1}, false},
	} {
		golden(t, name, trace(t, c.opt, c.whole))
	}
}

// The lines of a trace come one after another: what does not fit into its
// column must not move the others, nor leave the terminal.
func TestLinesOfATraceFitTheTerminal(t *testing.T) {
	for width := 1; width <= 300; width++ {
		var out strings.Builder
		tr := text.New(&out, text.Options{Width: width, Unicode: width%2 == 0}).Trace(false)
		if err := tr.ClosedTitles(); err != nil {
			t.Fatal(err)
		}
		for _, c := range closings() {
			if err := tr.Closed(&c); err != nil {
				t.Fatal(err)
			}
		}
		for _, f := range calls() {
			if err := tr.Failed(&f); err != nil {
				t.Fatal(err)
			}
		}
		for line := range strings.Lines(out.String()) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
				t.Errorf("%d characters in a terminal of %d: %s", n, width, line)
			}
		}
	}
}

func TestAWiderTerminalNeverLosesAColumn(t *testing.T) {
	before := 0
	for width := 20; width <= 300; width++ {
		var out strings.Builder
		if err := text.New(&out, text.Options{Width: width}).Trace(false).ClosedTitles(); err != nil {
			t.Fatal(err)
		}
		n := len(strings.Fields(out.String()))
		if n < before {
			t.Errorf("%d columns at %d, %d before", n, width, before)
		}
		before = n
	}
	if before != 13 {
		t.Errorf("%d columns at last", before)
	}
}
