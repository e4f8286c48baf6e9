package workload

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
)

// pattern is what files are made of: a period of pseudo-random bytes, twice in
// a row so that every piece up to that length is contiguous.
type pattern []byte

// period is a prime, so that no piece of a power of two in length can be lost,
// doubled or moved without a difference.
const period = 65521

func newPattern() pattern {
	p := make(pattern, 2*period)
	x := uint32(1)
	for i := range period {
		x ^= x << 13 // xorshift, Marsaglia 2003
		x ^= x >> 17
		x ^= x << 5
		p[i] = byte(x >> 24)
	}
	copy(p[period:], p[:period])
	return p
}

// piece returns up to n bytes from an offset on.
func (p pattern) piece(offset, n int64) []byte {
	begin := offset % period
	return p[begin : begin+min(n, period)]
}

// fileRequest asks for a file of so many bytes: decimal digits and a line end.
const (
	fileRequest       = "%020d\n"
	fileRequestLength = 21
)

// askFile asks for a file and compares it.
func (w *worker) askFile(ctx context.Context, file pattern) error {
	allow(ctx, w.conn, w.o.Timeout)
	if _, err := fmt.Fprintf(w.conn, fileRequest, w.o.Bytes); err != nil {
		return err
	}
	buffer := make([]byte, period)
	for got := int64(0); got < w.o.Bytes; {
		allow(ctx, w.conn, w.o.Timeout)
		n, err := w.conn.Read(buffer[:min(period, w.o.Bytes-got)])
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if want := file.piece(got, int64(n)); !bytes.Equal(buffer[:n], want) {
			return fmt.Errorf("%w between %d and %d of %d", errWrongByte, got, got+int64(n), w.o.Bytes)
		}
		w.meter.count(func(c *Counts) { c.Bytes += uint64(n) })
		got += int64(n)
		if err != nil {
			return fmt.Errorf("read file at %d of %d: %w", got, w.o.Bytes, err)
		}
	}
	return nil
}

// FileServerOptions is how FileServer behaves.
type FileServerOptions struct {
	ServerOptions
	ClientCloses bool // wait until the client has closed
}

// FileServer sends the file that a FileClient asks for and closes the
// connection.
func FileServer(ctx context.Context, o FileServerOptions, out io.Writer) error {
	s := newServer("file-server", o.ServerOptions, out)
	file := newPattern()
	return s.run(ctx, func(_ context.Context, c *net.TCPConn) error {
		err := s.sendFile(c, file)
		if err == nil && o.ClientCloses {
			_, err = c.Read(make([]byte, 1))
		}
		return err
	})
}

func (s *server) sendFile(c *net.TCPConn, file pattern) error {
	request := make([]byte, fileRequestLength)
	if _, err := io.ReadFull(c, request); err != nil {
		return err
	}
	size, err := strconv.ParseInt(string(request[:fileRequestLength-1]), 10, 64)
	if err != nil {
		return fmt.Errorf("request: %w", err)
	}
	for sent := int64(0); sent < size; {
		n, err := c.Write(file.piece(sent, size-sent))
		s.meter.count(func(c *Counts) { c.Bytes += uint64(n) })
		if err != nil {
			return err
		}
		sent += int64(n)
	}
	s.meter.count(func(c *Counts) { c.Answered++ })
	return nil
}
