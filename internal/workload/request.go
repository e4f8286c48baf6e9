package workload

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// Call is what a request asks of the calls program.
type Call string

// The calls. A call that makes a socket and fails leaves none, but for a
// connect whose time is over: its socket stays as it is.
const (
	Bind     Call = "bind"     // makes a socket
	Listen   Call = "listen"   // on a bound socket; if At is given it makes and binds one
	Connect  Call = "connect"  // on a bound socket, or makes one
	Accept   Call = "accept"   // makes a socket
	Write    Call = "write"    // Data, or Bytes of a fixed pattern
	Read     Call = "read"     // until Bytes have come, or the end of the stream with EOF; one piece with neither
	Shutdown Call = "shutdown" // SHUT_WR
	Close    Call = "close"
	Abort    Call = "abort" // SO_LINGER {1, 0} and close: a reset
	Info     Call = "info"  // addresses and state; takes the error in SO_ERROR away
	Fork     Call = "fork"  // starts Child, which holds all sockets too
)

// Request is a line of the calls program's input, in JSON.
type Request struct {
	ID      uint64         `json:"id"` // comes back in the Answer; Driver sets it
	Call    Call           `json:"call"`
	Socket  string         `json:"socket,omitempty"` // letters, digits, "_", "-" and "."
	At      netip.AddrPort `json:"at,omitzero"`      // bind, listen
	To      netip.AddrPort `json:"to,omitzero"`      // connect
	From    netip.AddrPort `json:"from,omitzero"`    // connect: bound before, if valid; the port may be 0
	Of      string         `json:"of,omitempty"`     // accept: the listening socket
	Options Options        `json:"options,omitzero"` // where a socket is made, but for accept
	Backlog int            `json:"backlog,omitempty"`
	Data    []byte         `json:"data,omitempty"`
	Bytes   int64          `json:"bytes,omitempty"`
	EOF     bool           `json:"eof,omitempty"`
	Times   int            `json:"times,omitempty"`  // connect: so many sockets, named Socket with "1", "2", … appended, up to the first failure
	Await   bool           `json:"await,omitempty"`  // connect: wait for the end; else return while it is under way
	Within  time.Duration  `json:"within,omitempty"` // nanoseconds; how long all may take; 0: 5 s
	Child   string         `json:"child,omitempty"`  // fork: one of the names that the program was started with
}

// Answer is what came of a request. It stands as {"answer": …} on a line of
// the calls program's output, between Events.
type Answer struct {
	ID      uint64         `json:"id"`
	Problem string         `json:"problem,omitempty"` // why nothing was done: the request makes no sense
	Errno   string         `json:"errno,omitempty"`   // such as "ECONNRESET", or Timeout; empty: success
	Error   string         `json:"error,omitempty"`   // Errno in words
	Local   netip.AddrPort `json:"local,omitzero"`
	Remote  netip.AddrPort `json:"remote,omitzero"`
	Data    []byte         `json:"data,omitempty"`   // read: at most the first 64 KiB
	Count   int64          `json:"count,omitempty"`  // read, write: bytes; connect: sockets. Also after a failure
	EOF     bool           `json:"eof,omitempty"`    // read: the end of the stream came
	Ports   []uint16       `json:"ports,omitempty"`  // connect: the local port of each socket
	Failed  int            `json:"failed,omitempty"` // connect: the number of the socket that failed, from 1
	PID     int            `json:"pid,omitempty"`    // fork
	State   uint8          `json:"state,omitempty"`  // info: as the kernel numbers it
	Peer    string         `json:"peer,omitempty"`   // info: errno of getpeername(2)
	Pending string         `json:"pending,omitempty"`
}

// defaultBacklog is that of listen where none is given.
const defaultBacklog = 128

// readLimit is how much of what was read is returned.
const readLimit = 64 << 10

// decodeRequest reads a request. Also with an error it returns the ID if there
// is one.
func decodeRequest(line []byte) (Request, error) {
	var r Request
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return r, fmt.Errorf("not a request: %w", err)
	}
	if d.More() {
		return r, errors.New("not a request: more than one in a line")
	}
	if r.Within == 0 {
		r.Within = patience
	}
	return r, r.check()
}

// check tells what is missing or senseless, as far as that does not depend on
// the sockets that there are.
func (r Request) check() error {
	if r.Call != Fork && !isName(r.Socket) {
		return fmt.Errorf("%q is no name for a socket", r.Socket)
	}
	switch {
	case r.Within < 0, r.Bytes < 0, r.Backlog < 0, r.Times < 0, r.Times > 1<<16:
		return errors.New("a number is out of its range")
	case r.Bytes > 0 && len(r.Data) > 0:
		return errors.New("data and bytes exclude each other")
	}
	switch r.Call {
	case Listen, Read, Write, Shutdown, Close, Abort, Info:
		return nil
	case Bind:
		return needs(r.At.IsValid(), "at")
	case Connect:
		return needs(r.To.IsValid(), "to")
	case Accept:
		return needs(isName(r.Of), "of")
	case Fork:
		return needs(isName(r.Child), "child")
	}
	return fmt.Errorf("no call %q", r.Call)
}

func needs(given bool, what string) error {
	if given {
		return nil
	}
	return fmt.Errorf("needs %q", what)
}

// isName reports whether s can be part of a list in a flag.
func isName(s string) bool {
	for _, c := range []byte(s) {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (c < '0' || c > '9') && c != '_' && c != '-' && c != '.' {
			return false
		}
	}
	return s != ""
}
