package sockdiag

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

// FuzzDecode starts from testdata/*.hex: datagrams that Linux 6.18 sent, with
// the sequence number 1. TestKernelDumpsStillLookLikeTheSeeds makes them anew
// with -update.
func FuzzDecode(f *testing.F) {
	seeds, err := filepath.Glob("testdata/*.hex")
	if err != nil || len(seeds) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, name := range seeds {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		data, err := hex.DecodeString(strings.Join(strings.Fields(string(text)), ""))
		if err != nil {
			f.Fatal(name, err)
		}
		f.Add(data)
	}
	f.Add(timeWaits(2))
	f.Fuzz(func(t *testing.T, data []byte) {
		into := new(row)
		var rows uint64
		b, err := decode(data, 1, into, func(s *evidence.Socket) error {
			rows++
			if s.State == 0 || int(s.State) >= tcp.NumStates {
				t.Errorf("state %d", s.State)
			}
			if s.Info != nil && s.Info != &into.info {
				t.Error("Info is not of this row")
			}
			return nil
		})
		if rows != b.rows || rows > uint64(len(data)/(headerSize+rowSize)) {
			t.Errorf("%d rows handed out, %d counted, of %d bytes", rows, b.rows, len(data))
		}
		if _, typed := err.(*Error); err != nil && !typed {
			t.Errorf("error of type %T", err)
		}
	})
}
