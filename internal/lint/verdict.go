package lint

import (
	"fmt"

	"github.com/linger-dev/linger/internal/say"
)

// Verdict says what a setting is worth on a kernel, best first. The zero value
// is none, so that a forgotten verdict is found.
type Verdict uint8

// The verdicts.
const (
	_         Verdict = iota
	Helps             // it does what is wanted
	Harmless          // it changes nothing that matters here, or does another job well
	Useless           // it does nothing of what it is set for
	NoSuchKey         // the kernel does not know the key
	Gone              // the kernel knew the key once
	Harmful           // it breaks connections, or does the opposite of what is wanted
)

// Verdicts returns all of them, best first.
func Verdicts() []Verdict { return []Verdict{Helps, Harmless, Useless, NoSuchKey, Gone, Harmful} }

// String returns the word for programs: "helps", "harmless", "useless",
// "no-such-key", "gone" or "harmful".
func (v Verdict) String() string {
	switch v {
	case Helps:
		return "helps"
	case Harmless:
		return "harmless"
	case Useless:
		return "useless"
	case NoSuchKey:
		return "no-such-key"
	case Gone:
		return "gone"
	case Harmful:
		return "harmful"
	}
	return fmt.Sprintf("verdict(%d)", uint8(v))
}

// MarshalText returns the form of String.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Word returns the word for people.
func (v Verdict) Word() say.Text {
	switch v {
	case Helps:
		return say.Text{EN: "helps", ZH: "有用"}
	case Harmless:
		return say.Text{EN: "harmless", ZH: "无害"}
	case Useless:
		return say.Text{EN: "useless", ZH: "无用"}
	case NoSuchKey:
		return say.Text{EN: "no such key", ZH: "不存在"}
	case Gone:
		return say.Text{EN: "gone", ZH: "已移除"}
	case Harmful:
		return say.Text{EN: "harmful", ZH: "有害"}
	}
	return say.Text{EN: v.String(), ZH: v.String()}
}

// Exit returns the exit status that a verdict stands for, in the convention of
// monitoring plug-ins: 0, 1 or 2.
func (v Verdict) Exit() int {
	switch v {
	case Harmful:
		return 2
	case Useless, NoSuchKey, Gone:
		return 1
	}
	return 0
}
