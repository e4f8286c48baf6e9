package capture

import (
	"time"

	"github.com/linger-dev/linger/internal/tcp"
)

// SnapLen is how many bytes of a packet are kept, from its IP header on: the
// longest headers of IPv4 and TCP, 60 bytes each, fit.
const SnapLen = 128

// Packet is a TCP segment that passed an interface. Raw is never changed; the
// rest is a plain value.
type Packet struct {
	// Time is the kernel's clock when the segment passed: on its way out after
	// the queueing discipline, so what netem delayed there is late here too, and
	// what it dropped is not seen; on its way in before it.
	Time      time.Time
	Host      string // netlab.Host.Name
	Interface string
	Outgoing  bool
	Raw       []byte // from the IP header on, cut after SnapLen bytes
	Length    int    // of the whole packet from the IP header on, in bytes
	Header    Header // decoded from Raw
}

// Header is what the headers of a packet say.
type Header struct {
	Tuple   tcp.FourTuple // as the sender sees it
	Segment tcp.Segment   // without its data
	DataLen int           // bytes of data, also where they were cut off
}
