package cli

import (
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/journal"
	"github.com/linger-dev/linger/internal/netlab"
	"github.com/linger-dev/linger/internal/netns"
	"github.com/linger-dev/linger/internal/observe/sockdiag"
	"github.com/linger-dev/linger/internal/observe/tracer"
)

// hint returns what the user can do about an error, or "".
func hint(err error) string {
	var (
		usage     *usageError
		newer     *evidence.VersionError
		namespace *netns.Error
		privilege *netlab.PrivilegeError
		recording *recordingError
		untraced  *tracer.UnavailableError
		undumped  *sockdiag.Error
		kept      *journal.Error
	)
	switch {
	case errors.Is(err, errNoScreen):
		return "linger check --watch 1s"
	case errors.Is(err, claims.ErrUnknown):
		return "linger lab list"
	case errors.As(err, &usage):
		return usage.hint()
	case errors.As(err, &newer):
		return newer.Hint()
	case errors.As(err, &namespace):
		return namespace.Hint
	case errors.As(err, &privilege):
		return privilege.Hint
	case errors.As(err, &kept):
		return kept.Hint
	case errors.As(err, &untraced):
		return untraced.Hint
	case errors.As(err, &undumped):
		return undumped.Hint()
	case errors.As(err, &recording) && (errors.Is(err, evidence.ErrNotRecording) || errors.Is(err, fs.ErrNotExist)):
		return "make a recording: linger --save FILE"
	}
	return ""
}

// recordingError is a recording that could not be read, or not to its end.
type recordingError struct {
	path string
	err  error
}

func (e *recordingError) Error() string {
	err := e.err
	var at *fs.PathError
	if errors.As(err, &at) && at.Path == e.path {
		err = at.Err // the path is said once
	}
	name := e.path
	if name == "-" {
		name = "standard input"
	}
	return "read " + name + ": " + err.Error()
}

func (e *recordingError) Unwrap() error { return e.err }

// usageError is a wrong call.
type usageError struct {
	err  error
	args []string
}

func (e *usageError) Error() string {
	// kong lists the default of an optional choice, which nobody types.
	return strings.Replace(e.err.Error(), `one of "",`, "one of ", 1)
}

// hint names the help of the subcommand that was typed.
func (e *usageError) hint() string {
	var parse *kong.ParseError
	if errors.As(e.err, &parse) {
		if node := parse.Context.Selected(); node != nil && slices.Contains(e.args, node.Name) {
			return node.FullPath() + " --help"
		}
	}
	return "linger --help"
}
