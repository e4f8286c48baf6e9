package bindtest

import (
	"context"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/observe/sockdiag"
	"github.com/linger-dev/linger/internal/tcp"
)

// patience is how long the kernel may take for what it does at once.
const patience = 10 * time.Second

// await waits until the port's end of a connection is a mini-socket in this
// state.
func (s *Stage) await(port, far uint16, state tcp.State) error {
	client, err := sockdiag.Open()
	if err != nil {
		return err
	}
	defer client.Close() //nolint:errcheck // only read
	var seen bool
	var there []string
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		seen, there = false, nil
		req := sockdiag.Request{LocalPort: sockdiag.Port(port), RemotePort: sockdiag.Port(far)}
		_, err := client.Dump(context.Background(), req, func(row *evidence.Socket) error {
			there = append(there, row.State.String())
			seen = seen || row.Mini() && row.State == state
			return nil
		}, nil)
		if err != nil || seen {
			return err
		}
	}
	return fmt.Errorf("no %s at port %d, but %v: %w", state, port, there, os.ErrDeadlineExceeded)
}

// stop closes a listener, and waits until it is gone: close() alone does not do
// that surely, see halfClose.
func (s *Stage) stop(listener int, port uint16) error {
	cookie, err := unix.GetsockoptUint64(listener, unix.SOL_SOCKET, unix.SO_COOKIE)
	if err != nil {
		return fmt.Errorf("ask for the cookie: %w", err)
	}
	if err := s.release(listener); err != nil {
		return err
	}
	client, err := sockdiag.Open()
	if err != nil {
		return err
	}
	defer client.Close() //nolint:errcheck // only read
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		there := false
		_, err := client.Dump(context.Background(), sockdiag.Request{States: tcp.States(tcp.Listen), LocalPort: sockdiag.Port(port)}, func(row *evidence.Socket) error {
			there = there || row.Cookie == cookie
			return nil
		}, nil)
		if err != nil || !there {
			return err
		}
	}
	return fmt.Errorf("the listener at port %d does not end: %w", port, os.ErrDeadlineExceeded)
}

// halfClose sends the FIN of a connection, and waits until it is acknowledged.
//
// close() alone does neither surely. An iterator over files, in whatever test
// runs beside this one, may hold the last reference: then the FIN goes out
// later, perhaps after the peer's, and the TIME_WAIT is at the other end. An
// iterator over sockets locks them: an acknowledgement that comes meanwhile
// leaves the orphan in FIN_WAIT2 a full socket (tcp_rcv_state_process,
// sock_owned_by_user).
func halfClose(fd, peer int) error {
	if err := unix.Shutdown(fd, unix.SHUT_WR); err != nil {
		return fmt.Errorf("send the FIN: %w", err)
	}
	// The acknowledgement is delayed, by up to 40 ms, while the FIN is unread
	// (__tcp_cleanup_rbuf); the option then sends it at once.
	if _, err := unix.Read(peer, make([]byte, 1)); err != nil {
		return fmt.Errorf("read the FIN: %w", err)
	}
	if err := unix.SetsockoptInt(peer, unix.IPPROTO_TCP, unix.TCP_QUICKACK, 1); err != nil {
		return fmt.Errorf("hurry the acknowledgement: %w", err)
	}
	for end := time.Now().Add(patience); ; time.Sleep(100 * time.Microsecond) {
		info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
		if err != nil {
			return fmt.Errorf("ask for the state: %w", err)
		}
		if tcp.State(info.State) == tcp.FinWait2 {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("the FIN is not acknowledged, in %v: %w", tcp.State(info.State), os.ErrDeadlineExceeded)
		}
	}
}
