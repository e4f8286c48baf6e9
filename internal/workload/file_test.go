package workload

import (
	"bytes"
	"io"
	"net"
	"testing"
)

func TestFileClientFindsOneWrongByte(t *testing.T) {
	const size = 200_000
	for _, test := range []struct {
		name  string
		spoil func(file []byte) []byte
		errno string
	}{
		{"intact", func(f []byte) []byte { return f }, ""},
		{"first", func(f []byte) []byte { f[0] ^= 1; return f }, WrongByte},
		{"last", func(f []byte) []byte { f[size-1] ^= 1; return f }, WrongByte},
		{"moved", func(f []byte) []byte { return f[1<<16:] }, WrongByte},
		{"short", func(f []byte) []byte { return f[:size-1] }, Other},
	} {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			defer l.Close()
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close()
			_, _ = io.ReadFull(c, make([]byte, fileRequestLength))
			file := test.spoil(bytes.Repeat(newPattern()[:period], 6))
			_, _ = c.Write(file[:min(size, len(file))])
		}()
		c := start(t, "file-client", "-target="+l.Addr().String(), "-bytes=200000", "-count=1")
		e := c.kind(Done)
		if test.errno == "" && (e.Answered != 1 || e.Bytes != size) || test.errno != "" && e.Errnos[test.errno] != 1 {
			t.Errorf("%s: %+v", test.name, e)
		}
	}
}

func TestFileServerRefusesWhatIsNoRequest(t *testing.T) {
	s := start(t, "file-server", "-addr=127.0.0.1:0")
	c, err := net.Dial("tcp4", s.kind(Started).Local.String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, _ = io.WriteString(c, "twenty-one characters")
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("got a file")
	}
	if e := s.kind(Failed); e.Errno != Other {
		t.Errorf("%+v", e)
	}
}

func TestPieceIsWhereverItIsAskedFor(t *testing.T) {
	p := newPattern()
	if got := p.piece(3*period+5, 10); !bytes.Equal(got, p[5:15]) {
		t.Errorf("%v", got)
	}
	if got := p.piece(period-1, 1<<30); len(got) != period || got[1] != p[0] {
		t.Errorf("%d bytes", len(got))
	}
}
