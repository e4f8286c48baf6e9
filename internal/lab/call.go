package lab

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/linger-dev/linger/internal/scenario"
	"github.com/linger-dev/linger/internal/tcp"
)

// caller does socket calls: a program of kind calls on a kernel, or the user of
// a raw peer.
type caller interface {
	// call does one call. An error is not the kernel's answer but means that
	// there was none.
	call(ctx context.Context, c scenario.Call) (answer, error)
	// socket looks at a socket that was made before.
	socket(ctx context.Context, name string) (socketState, error)
}

// answer is what a call gave.
type answer struct {
	errno  string // "" is success
	data   string // read: at most the first 64 KiB
	bytes  int64
	eof    bool
	ports  []uint16 // local ports of the sockets that connect made
	failed int      // connect: the number of the socket that failed, from 1
}

// socketState is what a socket is now.
type socketState struct {
	state tcp.State
	ended string
	port  uint16
}

// compare says in words what a call gave, and whether that was expected.
func compare(c scenario.Call, a answer) (got string, holds bool) {
	if a.errno != c.Fails {
		return outcome(a), false
	}
	if c.Fails != "" {
		return outcome(a), true
	}
	switch {
	case c.Call == scenario.ReadCall && c.EOF:
		return describeRead(a), a.eof && (c.Data == "" || a.data == c.Data)
	case c.Call == scenario.ReadCall && c.Data != "":
		return describeRead(a), a.data == c.Data
	case c.Call == scenario.ReadCall && c.Bytes > 0:
		return describeRead(a), a.bytes == c.Bytes
	}
	wrong := slices.IndexFunc(a.ports, func(p uint16) bool { return !fits(c.Port, p) })
	if wrong >= 0 {
		return fmt.Sprintf("port %d", a.ports[wrong]), false
	}
	return outcome(a), true
}

func outcome(a answer) string {
	switch {
	case a.errno != "" && a.failed > 1:
		return fmt.Sprintf("%s after %d connections", a.errno, a.failed-1)
	case a.errno != "":
		return a.errno
	case len(a.ports) == 1:
		return "success, port " + strconv.Itoa(int(a.ports[0]))
	}
	return "success"
}

func describeRead(a answer) string {
	text := fmt.Sprintf("%d bytes", a.bytes)
	if a.data != "" && len(a.data) <= 64 {
		text = strconv.Quote(a.data)
	}
	if a.eof {
		text += ", end of stream"
	}
	return text
}

// fits reports whether a port is one that was wished for.
func fits(want scenario.PortWish, port uint16) bool {
	switch {
	case want.Parity == "even" && port%2 != 0, want.Parity == "odd" && port%2 == 0:
		return false
	}
	return want.Range == nil || want.Range.Has(int64(port))
}
