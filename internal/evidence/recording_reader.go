package evidence

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// Reader reads a recording, compressed or plain. It is not safe for
// concurrent use. Its memory is bounded by that of one snapshot.
type Reader struct {
	header Header
	in     *bufio.Reader
	unzip  *zstd.Decoder // nil for a plain one
	buf    []byte
	line   int
	n      int
	traced *Traced // of the snapshot that was passed last
	err    error
}

// NewReader reads the header of a recording. Errors: ErrNotRecording, a
// *VersionError, a *CutError if not even the header is whole, or that of r.
func NewReader(r io.Reader) (*Reader, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	magic, err := in.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read recording: %w", err)
	}
	rec := &Reader{in: in}
	if bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}) { // RFC 8878 section 3.1.1
		rec.unzip, err = zstd.NewReader(in, zstd.WithDecoderConcurrency(1),
			zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, fmt.Errorf("read recording: %w", err)
		}
		rec.in = bufio.NewReaderSize(rec.unzip, 64<<10)
	}
	if err := rec.readHeader(); err != nil {
		rec.Close()
		return nil, err
	}
	return rec, nil
}

// Header returns the first line of the recording.
func (r *Reader) Header() Header { return r.header }

// Close releases the decompressor. It does not close the underlying reader.
func (r *Reader) Close() {
	if r.unzip != nil {
		r.unzip.Close()
	}
	if r.err == nil {
		r.err = errors.New("read recording: it is closed")
	}
}

// readHeader judges the first line.
func (r *Reader) readHeader() error {
	data, err := r.readLine(1 << 20)
	if err != nil {
		var cut *CutError
		if r.unzip == nil && (errors.As(err, &cut) || errors.Is(err, errTooLong)) {
			return ErrNotRecording
		}
		return err
	}
	// Only these two decide; the rest of a newer header may have changed.
	var first struct {
		Linger  string `json:"linger"`
		Version int    `json:"version"`
	}
	if json.Unmarshal(data, &first) != nil || first.Linger != "recording" || first.Version < 1 {
		return ErrNotRecording
	}
	if first.Version > RecordingVersion {
		var by struct {
			MadeBy string `json:"made_by"`
		}
		_ = json.Unmarshal(data, &by) // a newer header may write it otherwise
		return &VersionError{Version: first.Version, MadeBy: by.MadeBy}
	}
	if err := json.Unmarshal(data, &r.header); err != nil {
		return &LineError{Line: r.line, Err: err}
	}
	return nil
}

// Next returns the next snapshot, or io.EOF after the last one of a whole
// recording. A *CutError or *LineError says that the rest cannot be read; the
// error stays.
func (r *Reader) Next() (*Snapshot, error) {
	l, err := r.next("snapshot")
	if err != nil {
		return nil, err
	}
	return l.Snapshot, nil
}

// NextClosed returns the next connection that ended, as Next does snapshots.
// Next and NextClosed pass over what the other one returns.
func (r *Reader) NextClosed() (*Closed, error) {
	l, err := r.next("closed")
	if err != nil {
		return nil, err
	}
	return l.Closed, nil
}

// Traced returns what a tracer had seen at the last snapshot that was read or
// passed over; nil if there was no tracer.
func (r *Reader) Traced() *Traced { return r.traced }

// next returns the next line of a type.
func (r *Reader) next(want string) (*line, error) {
	for r.err == nil {
		var data []byte
		if data, r.err = r.readLine(maxLine); r.err != nil {
			break
		}
		l, err := parseLine(data)
		if err != nil {
			r.err = &LineError{Line: r.line, Err: err}
			break
		}
		switch l.Type {
		case "snapshot":
			r.n++
			r.traced = l.Snapshot.Traced
		case "end":
			r.err = r.end(*l.Snapshots)
		}
		if l.Type == want {
			return l, nil
		}
	}
	return nil, r.err
}

// end judges the last line: io.EOF if the recording is whole.
func (r *Reader) end(said int) error {
	if said != r.n {
		return &LineError{Line: r.line, Err: fmt.Errorf("it says %d snapshots, but %d were read", said, r.n)}
	}
	_, err := r.readLine(maxLine)
	var cut *CutError
	switch {
	case errors.As(err, &cut):
		return io.EOF
	case err != nil:
		return err
	}
	return &LineError{Line: r.line, Err: errors.New("the recording goes on after its last line")}
}

var errTooLong = errors.New("longer than any snapshot")

// readLine returns the next line, valid until the next call, or a *CutError
// where there is no further whole line.
func (r *Reader) readLine(limit int) ([]byte, error) {
	r.buf = r.buf[:0]
	for {
		part, err := r.in.ReadSlice('\n')
		if len(r.buf)+len(part) > limit {
			return nil, &LineError{Line: r.line + 1, Err: errTooLong}
		}
		r.buf = append(r.buf, part...)
		switch {
		case err == nil:
			r.line++
			return r.buf, nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil, &CutError{Snapshots: r.n}
		default:
			return nil, &LineError{Line: r.line + 1, Err: err}
		}
	}
}

// parseLine decodes a line and refuses what cannot be.
func parseLine(data []byte) (*line, error) {
	if weight := weigh(data); weight > maxSnapshot {
		return nil, fmt.Errorf("a snapshot that takes %d MB of memory is refused", weight>>20)
	}
	var kind struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(data, &kind); err != nil {
		return nil, err
	}
	l := &line{Type: kind.Type}
	if kind.Type != "snapshot" && kind.Type != "closed" && kind.Type != "end" {
		return l, nil
	}
	if err := json.Unmarshal(data, l); err != nil {
		return nil, err
	}
	switch {
	case kind.Type == "snapshot" && l.Snapshot == nil:
		return nil, errors.New("a snapshot line without a snapshot")
	case kind.Type == "closed" && l.Closed == nil:
		return nil, errors.New("a line of a closed connection without one")
	case kind.Type == "end" && l.Snapshots == nil:
		return nil, errors.New("a last line without its number of snapshots")
	case l.Snapshot != nil:
		return l, l.Snapshot.check()
	}
	return l, nil
}
