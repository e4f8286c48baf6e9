package netns

import (
	"errors"
	"testing"
)

func TestNamesThatLeadOutOfTheDirectoryAreRefused(t *testing.T) {
	for _, name := range []string{"", ".", "..", "../x", "/etc/passwd", "a/b", "a..b", "x\x00"} {
		var refused *Error
		if err := CheckName(name); !errors.As(err, &refused) || refused.Hint == "" {
			t.Errorf("CheckName(%q) = %v, want an *Error with a hint", name, err)
		}
	}
	for _, name := range []string{"blue", "cni-1234", "a.b", "007"} {
		if err := CheckName(name); err != nil {
			t.Errorf("CheckName(%q) = %v", name, err)
		}
	}
}

func TestAnErrorIsOneLineAndKeepsItsCause(t *testing.T) {
	why := errors.New("no luck")
	err := &Error{Selector: "blue", Problem: "cannot be opened", Err: why}
	if got, want := err.Error(), `network namespace "blue": cannot be opened: no luck`; got != want {
		t.Errorf("Error() = %s, want %s", got, want)
	}
	if !errors.Is(err, why) {
		t.Error("the cause is lost")
	}
}
