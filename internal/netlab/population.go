package netlab

import "github.com/linger-dev/linger/internal/tcp"

// Family is how a TCP socket carries its addresses.
type Family string

// The families that EveryState makes sockets of. Mapped is an AF_INET6 socket
// with IPv4-mapped addresses.
const (
	IPv4   Family = "IPv4"
	IPv6   Family = "IPv6"
	Mapped Family = "IPv4-mapped"
)

// Population is how many sockets are in each state.
type Population map[Family]map[tcp.State]int

// Everything returns what EveryState makes for each Family, as Host.Population
// counts it. There are two FIN_WAIT2: a half-closed full socket and an orphan
// mini-socket. CLOSE is not counted: see EveryState.
func Everything() map[tcp.State]int {
	return map[tcp.State]int{
		tcp.Listen: 1, tcp.SynSent: 1, tcp.SynRecv: 1, tcp.Established: 1, tcp.CloseWait: 1, tcp.LastAck: 1,
		tcp.FinWait1: 1, tcp.FinWait2: 2, tcp.Closing: 1, tcp.TimeWait: 1,
	}
}
