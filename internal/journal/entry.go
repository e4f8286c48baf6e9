package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"github.com/linger-dev/linger/internal/say"
)

// State is where an entry stands; the package comment has the table.
type State string

// The states.
const (
	Applying   State = "applying"
	Pending    State = "pending"
	Confirming State = "confirming"
	Applied    State = "applied"
	Undoing    State = "undoing"
	Undone     State = "undone"
	Abandoned  State = "abandoned"
)

func (s State) known() bool {
	return slices.Contains([]State{Applying, Pending, Confirming, Applied, Undoing, Undone, Abandoned}, s)
}

// Ended reports whether nothing will happen to the entry any more.
func (s State) Ended() bool { return s == Undone || s == Abandoned }

// Open reports whether the entry waits for somebody: nothing else may be
// applied in its namespace meanwhile.
func (s State) Open() bool { return !s.Ended() && s != Applied }

// Entry is one change in the journal. From of its changes is what the kernel
// said, byte for byte but for the newline at the end.
type Entry struct {
	ID       int            `json:"id"` // counts up from 1
	State    State          `json:"state"`
	Step     int            `json:"step"` // how many values may be new; one more if the file may be, too
	Space    Space          `json:"space"`
	Boot     string         `json:"boot"` // the boot in which it was applied: /proc/sys/kernel/random/boot_id
	Changes  []Change       `json:"changes"`
	File     *File          `json:"file,omitempty"`
	Within   time.Duration  `json:"within_ns,omitempty"`   // the time to confirm, 0 for none
	Deadline time.Duration  `json:"deadline_ns,omitempty"` // of that boot, by CLOCK_BOOTTIME, which no clock setting moves
	Made     time.Time      `json:"made"`                  // the plan
	Began    time.Time      `json:"began"`
	Ended    time.Time      `json:"ended,omitzero"`
	Left     []string       `json:"left,omitempty"` // keys or the file that the undo left alone: changed by somebody else, or gone
	Kept     map[int]string `json:"kept,omitempty"` // values that the kernel made of ours, by index of the change
	Note     string         `json:"note,omitempty"` // why it was abandoned or taken back, in English
}

// fileTouched reports whether the drop-in may be new.
func (e *Entry) fileTouched() bool { return e.File != nil && e.Step > len(e.Changes) }

// touched returns the changes of which the kernel may have the new value.
func (e *Entry) touched() []Change { return e.Changes[:min(e.Step, len(e.Changes))] }

// version is that of the format. A change that an older linger would
// misunderstand raises it.
const version = 1

// envelope is the file of an entry. The sum is that of the bytes of Entry.
type envelope struct {
	Version int             `json:"linger_journal"`
	Sum     string          `json:"sha256"`
	Entry   json.RawMessage `json:"entry"`
}

func (e *Entry) encode() ([]byte, error) {
	inner, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	out, err := json.Marshal(envelope{Version: version, Sum: sum(inner), Entry: inner})
	return append(out, '\n'), err
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// decode reads the file of entry id, or says why it cannot be: such a file is
// never touched.
func decode(data []byte, id int, path string) (*Entry, error) {
	var out envelope
	if err := json.Unmarshal(data, &out); err != nil {
		return nil, unreadable(path, "it is damaged", "已损坏")
	}
	switch {
	case out.Version > version:
		return nil, refuse(Unreadable, "", "%s was written by a newer linger (format %d): use that one",
			"%s 由更新的 linger 写成（格式 %d）：请用那个版本", path, out.Version)
	case out.Version < 1:
		return nil, unreadable(path, "it is not an entry of linger's journal", "不是 linger 日志的条目")
	case sum(out.Entry) != out.Sum:
		return nil, unreadable(path, "it is damaged: its checksum is wrong", "已损坏：校验和不符")
	}
	e := new(Entry)
	dec := json.NewDecoder(bytes.NewReader(out.Entry))
	dec.DisallowUnknownFields()
	if err := dec.Decode(e); err != nil || !e.sound() {
		return nil, unreadable(path, "its contents make no sense", "内容不合理")
	}
	if e.ID != id {
		return nil, unreadable(path, "it is another entry under a wrong name", "它是另一个条目，文件名不对")
	}
	return e, nil
}

// sound reports whether the entry can be acted on without harm.
func (e *Entry) sound() bool {
	last := len(e.Changes)
	if e.File != nil {
		last++
		if e.File.Path == "" || e.File.Path[0] != '/' {
			return false
		}
	}
	for _, c := range e.Changes {
		if _, ok := pathOf(c.Key); !ok {
			return false
		}
	}
	return e.State.known() && e.Step >= 0 && e.Step <= last
}

func unreadable(path, en, zh string) *Error {
	return &Error{Problem: Unreadable, Text: say.Text{
		EN: path + " cannot be read: " + en + "; linger leaves it alone, and undoes nothing that it may hold",
		ZH: "无法读取 " + path + "：" + zh + "；linger 不会动它，其中记录的修改也不会撤销",
	}}
}
