package evidence

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/klauspost/compress/zstd"
)

// Writer writes a recording. It is not safe for concurrent use. After an
// error all further calls return that error.
type Writer struct {
	zip    *zstd.Encoder
	finish func(error) error // moves a file to its final name; nil if there is none
	n      int
	err    error
	closed bool
}

// NewWriter starts a recording on w, made by the named program. Every
// snapshot is handed to w as soon as it is written, so that a recorder that
// is killed loses nothing that Write has accepted.
func NewWriter(w io.Writer, madeBy string) (*Writer, error) {
	zip, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(8<<20))
	if err != nil {
		return nil, fmt.Errorf("start recording: %w", err)
	}
	rec := &Writer{zip: zip}
	header := Header{Linger: "recording", Version: RecordingVersion, MadeBy: madeBy, Started: time.Now().UTC()}
	if err := errors.Join(rec.put(header), rec.flush()); err != nil {
		rec.release()
		return nil, rec.err
	}
	return rec, nil
}

// Write appends a snapshot. It returns an error if the snapshot cannot be
// expressed, or if it could not be handed over entirely, as on a full disk.
// Invalid UTF-8 in a string becomes U+FFFD.
func (w *Writer) Write(s *Snapshot) error {
	if w.closed {
		return errors.New("write recording: it is closed")
	}
	if s == nil {
		return errors.New("write recording: no snapshot")
	}
	if err := s.check(); err != nil { // what Next would refuse
		return fmt.Errorf("write recording: %w", err)
	}
	if err := w.put(line{Type: "snapshot", Snapshot: s}); err != nil {
		return err
	}
	if err := w.flush(); err != nil {
		return err
	}
	w.n++
	return nil
}

// WriteClosed appends a connection that ended. There can be very many, so that
// it is handed to the underlying writer with the next snapshot, or by Close.
func (w *Writer) WriteClosed(c *Closed) error {
	if w.closed {
		return errors.New("write recording: it is closed")
	}
	return w.put(line{Type: "closed", Closed: c})
}

// Close writes the last line and returns the first error of the recording. A
// recording that failed keeps what was written.
func (w *Writer) Close() error {
	if w.closed {
		return w.err
	}
	w.closed = true
	if w.err == nil {
		_ = w.put(line{Type: "end", Snapshots: &w.n}) // kept in w.err
	}
	w.release()
	if w.finish != nil {
		w.err = w.finish(w.err)
	}
	return w.err
}

// release ends the encoder; its error counts only if nothing failed before.
func (w *Writer) release() {
	if err := w.zip.Close(); err != nil && w.err == nil {
		w.err = fmt.Errorf("write recording: %w", err)
	}
}

// flush hands all that was put to the underlying writer.
func (w *Writer) flush() error {
	if w.err == nil {
		if err := w.zip.Flush(); err != nil {
			w.err = fmt.Errorf("write recording: %w", err)
		}
	}
	return w.err
}

// put appends one line.
func (w *Writer) put(v any) error {
	if w.err != nil {
		return w.err
	}
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write recording: %w", err)
	}
	if len(data) >= maxLine || weigh(data) > maxSnapshot {
		return fmt.Errorf("write recording: a snapshot of %d MB is more than can be read back", len(data)>>20)
	}
	if _, err = w.zip.Write(append(data, '\n')); err != nil {
		w.err = fmt.Errorf("write recording: %w", err)
	}
	return w.err
}
