package vmtest

import (
	"bytes"
	"encoding/json"
	"io"
	"time"
)

// The kinds of events that a guest tells.
const (
	Ready   = "ready"   // modules are loaded, programs begin; Data is the kernel's version
	Begin   = "begin"   // a program begins
	Output  = "output"  // a program wrote Data to its standard output
	Errors  = "errors"  // a program wrote Data to its standard error
	Exit    = "exit"    // a program ended
	Trouble = "trouble" // the guest could not do something; Data says what
	End     = "end"     // all is done
)

// Event is what a guest tells of itself: a line of JSON on its second serial
// port. The first is for the kernel's own messages, which would fall between.
type Event struct {
	Kind    string        `json:"kind"`
	Program string        `json:"program,omitempty"`
	Data    []byte        `json:"data,omitempty"`
	Status  int           `json:"status,omitempty"` // of Exit: 0 to 255, or 256 and the signal
	Took    time.Duration `json:"took,omitempty"`   // of Exit, in the guest's time
}

// maxLine bounds an event's line: the guest tells output in pieces of 32 KiB at
// most, which base64 makes a third longer.
const maxLine = 1 << 17

// follow reads events until the port closes, and calls each. Lines that are no
// events are given to other: a serial port may bring anything while the guest
// boots or dies.
func follow(port io.Reader, each func(Event), other func(line []byte)) error {
	buffer := make([]byte, 0, maxLine)
	chunk := make([]byte, 1<<15)
	take := func(line []byte) {
		line = bytes.TrimSpace(line)
		var e Event
		switch {
		case len(line) == 0:
		case json.Unmarshal(line, &e) == nil && e.Kind != "":
			each(e)
		default:
			other(line)
		}
	}
	for {
		n, err := port.Read(chunk)
		buffer = append(buffer, chunk[:n]...)
		for {
			end := bytes.IndexByte(buffer, '\n')
			if end < 0 && len(buffer) < maxLine {
				break
			}
			if end < 0 {
				end = len(buffer) - 1
			}
			take(buffer[:end+1])
			buffer = append(buffer[:0], buffer[end+1:]...)
		}
		switch err {
		case nil:
		case io.EOF:
			take(buffer)
			return nil
		default:
			take(buffer)
			return err
		}
	}
}
