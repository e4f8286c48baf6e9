package twin_test

import (
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/twin"
)

func TestTheCounterTWCountsBeginningsSince518(t *testing.T) {
	for kernel, atOnce := range map[evidence.Kernel]bool{"3.10": false, "4.9": false, "5.10": false, "5.15": false, "5.18": true, "6.1": true} {
		h := newClient(t, kernel, "tcp_fin_timeout", "3")
		h.linger()
		h.close(h.connect().Conn, twin.Abandoned)
		begun := h.Counters()
		h.Advance(2 * time.Minute)
		over := h.Counters()
		if got := begun.TW == 1 && begun.TWKilled == 1; got != atOnce {
			t.Errorf("%s: at once TW is %d, TWKilled %d", kernel, begun.TW, begun.TWKilled)
		}
		if over.TW != 1 || over.TWKilled != 1 {
			t.Errorf("%s: in the end TW is %d, TWKilled %d", kernel, over.TW, over.TWKilled)
		}
	}
}

// Seen on Debian's 5.10.262 and 6.1.192.
func TestLongLivedKernelsTakeNoFinWait2Either(t *testing.T) {
	for release, takes := range map[evidence.Kernel]bool{
		"5.4": true, "5.10.0-46-amd64": false, "5.15": false, "5.16": true, "6.1.0-56-amd64": false, "6.2": true, "6.6": false, "6.8": true, "6.12": false,
	} {
		k, err := twin.KernelOf(release)
		if err != nil {
			t.Fatal(err)
		}
		if k.TakesFinWait2 != takes {
			t.Errorf("%s: takes over FIN_WAIT2: %v", release, k.TakesFinWait2)
		}
	}
}
