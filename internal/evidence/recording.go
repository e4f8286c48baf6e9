package evidence

import (
	"errors"
	"fmt"
	"time"
)

// RecordingVersion is the version of recordings that this package writes, and
// the newest that it reads. It grows only when an older linger would
// misunderstand the file: new fields and new types of lines, which older
// readers skip, do not change it.
const RecordingVersion = 1

// The bounds of what a reader accepts, so that a file from a stranger cannot
// take all memory: compressed, a gigabyte of JSON fits into some kilobytes,
// and decoded, "{}" takes three hundred times its length.
const (
	maxLine     = 256 << 20 // bytes of one line
	maxWindow   = 32 << 20  // bytes of the zstd window; the writer's is 8 MB
	maxSnapshot = 1 << 30   // bytes of one decoded snapshot, as weigh estimates them
)

// Header is the first line of a recording.
type Header struct {
	Linger  string    `json:"linger"`  // "recording"
	Version int       `json:"version"` // RecordingVersion of the program that wrote it
	MadeBy  string    `json:"made_by"` // that program and its version
	Started time.Time `json:"started"`
}

// line is every further line of a recording.
type line struct {
	Type      string    `json:"type"` // "snapshot", "closed" or "end"; others are skipped
	Snapshot  *Snapshot `json:"snapshot,omitempty"`
	Closed    *Closed   `json:"closed,omitempty"`
	Snapshots *int      `json:"snapshots,omitempty"`
}

// ErrNotRecording is returned by NewReader for a file that is no recording.
var ErrNotRecording = errors.New("this is not a recording of linger")

// VersionError is returned by NewReader for a recording of a newer version.
// Nothing of it can be read: its lines may mean something else.
type VersionError struct {
	Version int
	MadeBy  string
}

// Error names both versions.
func (e *VersionError) Error() string {
	return fmt.Sprintf("recording has version %d, made by %q: this linger reads versions up to %d",
		e.Version, e.MadeBy, RecordingVersion)
}

// Hint is a command that gets a linger able to read the recording.
func (e *VersionError) Hint() string {
	return "go install github.com/linger-dev/linger/cmd/linger@latest"
}

// CutError is returned by Reader.Next where a recording stops without its
// last line: the disk was full, or the recorder was killed. The snapshots
// before it are complete.
type CutError struct {
	Snapshots int // how many were read
}

// Error says how much could be read.
func (e *CutError) Error() string {
	if e.Snapshots == 1 {
		return "recording is cut after 1 snapshot"
	}
	return fmt.Sprintf("recording is cut after %d snapshots", e.Snapshots)
}

// LineError is returned by Reader.Next for a line that cannot be read. The
// snapshots before it are complete.
type LineError struct {
	Line int // counted from 1, the header
	Err  error
}

// Error names the line.
func (e *LineError) Error() string { return fmt.Sprintf("recording, line %d: %v", e.Line, e.Err) }

// Unwrap returns what is wrong with the line.
func (e *LineError) Unwrap() error { return e.Err }
