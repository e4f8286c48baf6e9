package rawpeer

import (
	"io"
	"time"

	"github.com/linger-dev/linger/internal/netlab/capture"
	"github.com/linger-dev/linger/internal/tcp"
)

// WritePcapng writes the kept packets as a pcapng file of link type RAW, each
// with a comment: the states of both ends, the rule that decided, its fate.
// Lost packets are in it too, at the time they were sent. The kernel's state
// at a moment is what states says of the four-tuple as the kernel sees it;
// states may be nil, and returns "" for what it does not know.
func (c *Capture) WritePcapng(w io.Writer, states func(time.Time, tcp.FourTuple) string) error {
	kept, _ := c.Since(0)
	packets := make([]capture.Packet, len(kept))
	for i, p := range kept {
		packets[i] = capture.Packet{
			Time: p.At, Interface: "raw", Outgoing: p.From == Kernel, Raw: p.Bytes, Length: len(p.Bytes),
		}
	}
	return capture.WritePcapng(w, packets, func(i int) string {
		kernel := ""
		if states != nil {
			kernel = states(kept[i].At, kept[i].Kernel())
		}
		return kept[i].comment(kernel)
	})
}
