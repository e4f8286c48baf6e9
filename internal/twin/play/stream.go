package play

import (
	"strings"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
)

// bufferMost is how much may lie between two programs before the writer waits.
// How much fits into the buffers of a kernel depends on many things, but no less.
const bufferMost = 64 << 10

// stream is the data that came and was not read.
type stream struct {
	pieces []piece
	bytes  int64
	closed bool // the peer's FIN has come
}

// piece is some data: a text, or bytes that nobody compares.
type piece struct {
	text  string
	bytes int64
}

// cut takes up to n bytes from the front.
func (s *stream) cut(n int64) (text string, took int64) {
	var out strings.Builder
	for n > 0 && len(s.pieces) > 0 {
		p := &s.pieces[0]
		part := min(n, p.bytes)
		if p.text != "" {
			out.WriteString(p.text[:part])
			p.text = p.text[part:]
		}
		p.bytes -= part
		n -= part
		took += part
		if p.bytes == 0 {
			s.pieces = s.pieces[1:]
		}
	}
	s.bytes -= took
	return out.String(), took
}

// send lets something reach the peer after so many bytes.
func (e *end) send(bytes int64, arrive func()) {
	c := e.clock()
	e.free = max(e.free, c.now) + time.Duration(bytes*8/10) // at 10 Gbit/s
	if e.host.muted {
		return
	}
	p := e.peer
	c.at(e.free+hop, func() {
		if p == nil || !p.host.muted {
			arrive()
		}
	})
}

// write is write(2) of a text, or of so many bytes. It is done when all is on
// its way or in a buffer.
func (e *end) write(by waiter, text string, bytes, most int64, until time.Duration) string {
	for rest := bytes; rest > 0; {
		switch {
		case e.failed != "":
			return e.take()
		case e.state != tcp.Established && e.state != tcp.CloseWait && e.state != tcp.SynRecv:
			return "EPIPE"
		}
		p := e.peer
		if p.in.bytes+e.flying >= bufferMost {
			if why := by.wait(&p.drained, until); why != "" {
				return why
			}
			continue
		}
		part := piece{bytes: min(rest, most)}
		if text != "" {
			part.text, text = text[:part.bytes], text[part.bytes:]
		}
		rest -= part.bytes
		e.flying += part.bytes
		e.send(part.bytes, func() {
			e.flying -= part.bytes
			p.dataCame(part)
		})
	}
	return ""
}

// dataCame is data of the peer.
func (e *end) dataCame(p piece) {
	if !e.live || e.held == 0 && e.state != tcp.Established && e.state != tcp.SynRecv {
		e.wasReset() // nobody is there to read it
		e.clock().after(hop, e.peer.wasReset)
		return
	}
	e.in.pieces = append(e.in.pieces, p)
	e.in.bytes += p.bytes
	e.changed.change(e.clock())
}

// received is what a read gave.
type received struct {
	text  string
	bytes int64
	eof   bool
	errno string
}

// read reads so many bytes, or up to the end of the stream.
func (e *end) read(by waiter, bytes int64, toEnd bool, until time.Duration) (got received) {
	for {
		want := bytes - got.bytes
		if toEnd {
			want = never64
		}
		text, n := e.in.cut(want)
		if n > 0 {
			e.drained.change(e.clock())
		}
		got.text += text
		got.bytes += n
		switch {
		case !toEnd && got.bytes >= bytes:
			return got
		case e.in.closed: // comes before an error: SOCK_DONE in tcp_recvmsg
			got.eof = true
			return got
		case e.failed != "":
			got.errno = e.take()
			return got
		case e.state == tcp.Close:
			got.errno = "ENOTCONN"
			return got
		}
		if got.errno = by.wait(&e.changed, until); got.errno != "" {
			return got
		}
	}
}

const never64 = int64(1) << 62
