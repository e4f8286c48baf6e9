package twin_test

import (
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/twin"
)

// tcp_twsk_unique hands ts_recent_stamp of the TIME_WAIT to the connection, and
// that to its own TIME_WAIT, also if tcp_timestamps is off by then.
func TestWhoTakesOverATimeWaitInheritsItsTimestamps(t *testing.T) {
	for name, connect := range map[string]func(*client) (twin.Conn, error){
		"automatic": func(c *client) (twin.Conn, error) {
			a, err := c.Connect(c.to, twin.Dial{})
			return a.Conn, err
		},
		"automatic, to a peer without": func(c *client) (twin.Conn, error) {
			a, err := c.Connect(c.to, twin.Dial{PeerHasNoTimestamps: true})
			return a.Conn, err
		},
		"bound": func(c *client) (twin.Conn, error) {
			id, _, err := c.Bind(here, 20000, twin.SocketOptions{ReuseAddr: true})
			if err != nil {
				return twin.Conn{}, err
			}
			a, err := c.ConnectFrom(id, c.to)
			return a.Conn, err
		},
	} {
		c := newClient(t, "6.18", "ip_local_port_range", "20000 20000", "tcp_tw_reuse", "1")
		a, err := c.Connect(c.to, twin.Dial{ReuseAddr: true})
		if err != nil {
			t.Fatal(err)
		}
		c.close(a.Conn, twin.ByUs)
		c.set("tcp_timestamps", "0")
		for heir := range 3 {
			c.Advance(c.Now() + 2*time.Second)
			conn, err := connect(c)
			if err != nil {
				t.Errorf("%s: heir %d: %v", name, heir, err)
				break
			}
			c.close(conn, twin.ByUs)
		}
	}
}

func TestAConnectionWithoutTimestampsLeavesNothingToTakeOver(t *testing.T) {
	c := newClient(t, "6.18", "ip_local_port_range", "20000 20000", "tcp_tw_reuse", "1", "tcp_timestamps", "0")
	c.linger()
	c.Advance(2 * time.Second)
	c.refuses("without timestamps")
}
