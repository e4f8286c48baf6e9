package sockdiag_test

import (
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/observe/sockdiag"
	"github.com/linger-dev/linger/internal/tcp"
)

var update = flag.Bool("update", false, "write the seeds of FuzzDecode from this kernel")

// recorder is a Transport that keeps what the kernel answered.
type recorder struct {
	fd      int
	answers [][]byte
}

func (r *recorder) Send(request []byte) error {
	return unix.Sendto(r.fd, request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
}

func (r *recorder) Receive(buf []byte) (int, error) {
	n, err := unix.Read(r.fd, buf)
	if err == nil {
		r.answers = append(r.answers, append([]byte(nil), buf[:n]...))
	}
	return n, err
}

func (r *recorder) Close() error { return unix.Close(r.fd) }

func TestKernelDumpsStillLookLikeTheSeeds(t *testing.T) {
	t.Parallel()
	enterNamespace(t)
	l := listen(t, "127.0.0.1:80", 0)
	l6 := listen(t, "[::]:81", 0)
	client, server := connect(t, l6, "[::ffff:127.0.0.1]:6000", "[::ffff:127.0.0.1]:81")
	hold(t, client, server)
	for range 3 {
		client, server := connect(t, l, "", "127.0.0.1:80")
		timeWait(t, client, server)
	}
	for name, req := range map[string]sockdiag.Request{
		"time-wait": {States: tcp.States(tcp.TimeWait)},
		"info":      {States: tcp.States(tcp.Established, tcp.Listen), Info: true},
	} {
		fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
		must(t, err)
		r := &recorder{fd: fd}
		c := sockdiag.New(r)
		_, err = c.Dump(context.Background(), req, func(*evidence.Socket) error { return nil }, nil)
		must(t, errors.Join(err, c.Close()))
		var text strings.Builder
		for _, a := range r.answers {
			text.WriteString(regexp.MustCompile(".{1,96}").ReplaceAllString(hex.EncodeToString(a), "$0\n"))
		}
		file := "testdata/" + name + ".hex"
		if *update {
			must(t, os.WriteFile(file, []byte(text.String()), 0o644))
		}
		seed, err := os.ReadFile(file)
		must(t, err)
		// Contents differ each time and attributes with the kernel; the
		// number of rows does not.
		want := strings.Count(strings.ReplaceAll(string(seed), "\n", ""), rowMark)
		if got := strings.Count(strings.ReplaceAll(text.String(), "\n", ""), rowMark); got != want || want == 0 {
			t.Errorf("%s: %d rows, the seed has %d", name, got, want)
		}
	}
}

// rowMark is a message header's type TCPDIAG_GETSOCK, flag NLM_F_MULTI and
// sequence number 1, on a little-endian machine.
const rowMark = "1200020001000000"
