package sockdiag_test

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/observe/sockdiag"
	"github.com/linger-dev/linger/internal/observe/sockdiag/sockdiagtest"
	"github.com/linger-dev/linger/internal/tcp"
)

func host() []string {
	return []string{
		"0.0.0.0:443 listen inode=7 uid=33 wqueue=128 rqueue=2 explicit cookie=0x100000002",
		"[::]:444 listen v6only inode=8",
		"10.0.0.1:40000 -> 10.0.0.9:443 time-wait expires=41s cookie=9",
		"10.0.0.1:40001 -> 10.0.0.9:443 fin-wait-2 mini expires=0s",
		"[::ffff:10.0.0.1]:443 -> 10.0.0.9:40000 close-wait rqueue=1 last-ack=5m inode=9",
		"[fd00::1]:443 -> [fd00::2]:5 last-ack timer=retransmit retrans=4 expires=3s ifindex=3 wqueue=1",
		"127.0.0.1:7000 bound-inactive explicit inode=10",
	}
}

func TestEveryFieldComesBackAsTheKernelSentIt(t *testing.T) {
	kernel := sockdiagtest.Serve(t, host()...)
	i := 0
	stats, err := kernel.Client().Dump(context.Background(), sockdiag.Request{States: tcp.AllStates | tcp.States(tcp.BoundInactive), Info: true}, func(s *evidence.Socket) error {
		if diff := cmp.Diff(kernel.Rows[i].Socket, *s); diff != "" {
			t.Errorf("row %d: %s", i, diff)
		}
		i++
		return nil
	}, nil)
	if err != nil || i != len(kernel.Rows) || stats.Sockets != uint64(i) || stats.Took <= 0 {
		t.Errorf("%d rows, %+v, %v", i, stats, err)
	}
}

func TestATornDumpIsRepeatedAndThenTakenAsApproximate(t *testing.T) {
	tests := map[string]struct {
		faults      []sockdiagtest.Fault
		torn, again int
		approximate bool
	}{
		"once":   {[]sockdiagtest.Fault{sockdiagtest.Torn()}, 1, 1, false},
		"twice":  {[]sockdiagtest.Fault{sockdiagtest.Torn(), sockdiagtest.Torn()}, 2, 2, false},
		"always": {[]sockdiagtest.Fault{sockdiagtest.Torn(), sockdiagtest.Torn(), sockdiagtest.Torn()}, 3, 2, true},
	}
	for name, test := range tests {
		kernel := sockdiagtest.Serve(t, host()...).Suffer(test.faults...)
		rows, again := 0, 0
		stats, err := kernel.Client().Dump(context.Background(), sockdiag.Request{},
			func(*evidence.Socket) error { rows++; return nil },
			func() { rows = 0; again++ })
		if err != nil || stats.Torn != test.torn || stats.Approximate != test.approximate || again != test.again {
			t.Errorf("%s: %+v, restarted %d times, %v", name, stats, again, err)
		}
		if rows != 6 || stats.Sockets != 6 {
			t.Errorf("%s: %d rows, %d in stats, want those of the last attempt only", name, rows, stats.Sockets)
		}
	}
}

func TestAnEmptyDumpCanBeTornToo(t *testing.T) {
	kernel := sockdiagtest.Serve(t).Suffer(sockdiagtest.Torn())
	stats, err := kernel.Client().Dump(context.Background(), sockdiag.Request{}, ignore, nil)
	if err != nil || stats.Torn != 1 || kernel.Dumps != 2 {
		t.Errorf("%+v after %d dumps, %v", stats, kernel.Dumps, err)
	}
}

func ignore(*evidence.Socket) error { return nil }

func TestEveryFaultOfTheKernelGivesAnErrorAndTheClientGoesOn(t *testing.T) {
	tests := []struct {
		name  string
		fault sockdiagtest.Fault
		errno syscall.Errno
		want  string
	}{
		{"refusal", sockdiagtest.Refused(syscall.EINVAL, ""), syscall.EINVAL, "dump sockets: invalid argument"},
		{"refusal in words", sockdiagtest.Refused(syscall.EPERM, "not you"), syscall.EPERM, "(not you)"},
		{"late refusal", sockdiagtest.EndRefused(syscall.ENOMEM, "no room"), syscall.ENOMEM, "(no room)"},
		{"no module", sockdiagtest.EndRefused(syscall.ENOENT, ""), syscall.ENOENT, "no tcp_diag module"},
		{"overrun", sockdiagtest.Overrun(), syscall.ENOBUFS, "NLMSG_OVERRUN"},
		{"lost answers", sockdiagtest.ReceiveError(syscall.ENOBUFS), syscall.ENOBUFS, "no buffer space"},
		{"cut header", sockdiagtest.Cut(10), 0, "10 bytes where a message header belongs at byte 0"},
		{"cut row", sockdiagtest.Cut(60), 0, "in the remaining 60"},
		{"oversized", sockdiagtest.Oversized(), 0, "exceeds the buffer"},
		{"wrong sequence", sockdiagtest.WrongSequence(), 0, "sequence number 8, want 1"},
	}
	for _, test := range tests {
		kernel := sockdiagtest.Serve(t, host()...).Suffer(test.fault)
		c := kernel.Client()
		_, err := c.Dump(context.Background(), sockdiag.Request{}, ignore, nil)
		var typed *sockdiag.Error
		if !errors.As(err, &typed) || typed.Errno != test.errno || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if test.errno != 0 && !errors.Is(err, test.errno) {
			t.Errorf("%s: errors.Is does not find the number in %v", test.name, err)
		}
		if stats, err := c.Dump(context.Background(), sockdiag.Request{}, ignore, nil); err != nil || stats.Sockets != 6 {
			t.Errorf("after %s: %+v, %v", test.name, stats, err)
		}
		if err := c.Close(); err != nil || !kernel.Closed {
			t.Errorf("%s: the transport is still open, %v", test.name, err)
		}
	}
}

func TestAKernelWithoutTheModuleIsToldApart(t *testing.T) {
	for errno, want := range map[syscall.Errno]bool{
		syscall.ENOENT: true, syscall.EOPNOTSUPP: true, syscall.EPROTONOSUPPORT: true, syscall.EPERM: false,
	} {
		c := sockdiagtest.Serve(t).Suffer(sockdiagtest.Refused(errno, "")).Client()
		_, err := c.Drain(context.Background(), sockdiag.Request{})
		if errors.Is(err, sockdiag.ErrNoModule) != want {
			t.Errorf("%s: %v", errno, err)
		}
		var typed *sockdiag.Error
		if errors.As(err, &typed) && (typed.Hint() == "modprobe tcp_diag") != want {
			t.Errorf("%s: hint %q", errno, typed.Hint())
		}
	}
}

func TestCancellationEndsADumpOfASilentKernel(t *testing.T) {
	reason := errors.New("enough")
	c := sockdiagtest.Serve(t, host()...).Suffer(sockdiagtest.Silent()).Client()
	ctx, cancel := context.WithCancelCause(context.Background())
	_, err := c.Dump(ctx, sockdiag.Request{}, func(*evidence.Socket) error { cancel(reason); return nil }, nil)
	if !errors.Is(err, reason) {
		t.Errorf("got %v", err)
	}
	if stats, err := c.Dump(context.Background(), sockdiag.Request{}, ignore, nil); err != nil || stats.Sockets != 6 {
		t.Errorf("the next dump: %+v, %v", stats, err)
	}
	if _, err := c.Dump(ctx, sockdiag.Request{}, ignore, nil); !errors.Is(err, reason) {
		t.Errorf("a dump was begun under a cancelled context: %v", err)
	}
}

func TestTheCallersErrorEndsTheDumpUnchanged(t *testing.T) {
	kernel := sockdiagtest.Serve(t, host()...)
	c := kernel.Client()
	stop := errors.New("stop")
	rows := 0
	_, err := c.Dump(context.Background(), sockdiag.Request{}, func(*evidence.Socket) error { rows++; return stop }, nil)
	if err != stop || rows != 1 {
		t.Errorf("%v after %d rows", err, rows)
	}
	if stats, err := c.Dump(context.Background(), sockdiag.Request{}, ignore, nil); err != nil || stats.Sockets != 6 {
		t.Errorf("the rest of the last dump leaked into the next: %+v, %v", stats, err)
	}
}

func TestAnEmptyPortRangeIsRefusedBeforeTheKernelSeesIt(t *testing.T) {
	kernel := sockdiagtest.Serve(t)
	_, err := kernel.Client().Dump(context.Background(), sockdiag.Request{LocalPort: sockdiag.PortMatch{Low: 9, High: 3}}, ignore, nil)
	if err == nil || err.Error() != "dump sockets: local port range 9-3 is empty" || kernel.Dumps != 0 {
		t.Errorf("%v after %d dumps", err, kernel.Dumps)
	}
}

func TestDrainCountsTheBytesOfADumpThatGoesWell(t *testing.T) {
	c := sockdiagtest.Serve(t, host()...).Client()
	n, err := c.Drain(context.Background(), sockdiag.Request{States: tcp.States(tcp.TimeWait)})
	if err != nil || n != 96+20 {
		t.Errorf("%d bytes, %v: want one row with its mark, and the end", n, err)
	}
}
