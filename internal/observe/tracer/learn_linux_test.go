package tracer

import (
	"errors"
	"testing"
)

func TestKernelASocketTellsTheSameHandlerAsTheSymbolTable(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	want, err := handlerAddress(kallsyms)
	if err != nil {
		t.Skip(err)
	}
	var got uint64
	err = l.host.Do(func() (err error) {
		got, err = learnHandler()
		return err
	})
	skipIfRefused(t, err)
	if err != nil || got != want {
		t.Errorf("%x, %v, want %x", got, err, want)
	}
	if rows := l.minis(); len(rows) != 0 {
		t.Errorf("something remains: %+v", rows)
	}
	if n := l.kernelCount("TCPAbortOnData"); n != 1 {
		t.Errorf("%d resets, want that of one mini-socket", n)
	}
}

func TestKernelTheKernelNamesTheSameHandlerAsItsSymbolTable(t *testing.T) {
	t.Parallel()
	want, err := handlerAddress(kallsyms)
	if err != nil {
		t.Skip(err)
	}
	if !running().AtLeast(5, 16) {
		t.Skip("programs may search by name from Linux 5.16 on")
	}
	got, err := nameHandler()
	skipIfRefused(t, err)
	if err != nil || got != want {
		t.Errorf("%x, %v, want %x", got, err, want)
	}
}

func TestKernelWithoutAnyMiniSocketThereIsNothingToLearn(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	sockets, err := listSockets()
	skipIfRefused(t, err)
	if err != nil {
		t.Fatal(err)
	}
	defer sockets.Close()
	err = l.host.Do(func() error {
		_, err := readHandler(sockets)
		return err
	})
	if !errors.Is(err, errNoMini) {
		t.Errorf("%v", err)
	}
}

func BenchmarkHandlerAddress(b *testing.B) {
	for name, ask := range map[string]func() (uint64, error){
		"by name": nameHandler,
		"table":   func() (uint64, error) { return handlerAddress(kallsyms) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := ask(); err != nil {
					b.Skip(err)
				}
			}
		})
	}
}

// skipIfRefused skips where Open would say that it cannot trace.
func skipIfRefused(t *testing.T, err error) {
	t.Helper()
	no := possible(running())
	if err != nil && no == nil {
		no = refused(err)
	}
	if errors.As(no, new(*UnavailableError)) {
		t.Skipf("cannot trace here: %v", no)
	}
}
