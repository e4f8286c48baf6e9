package pool_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/linger-dev/linger/pool"
)

// Everything at once: borrowers who behave, who do not, who give up, servers
// that hang up, limits that bind. What must hold is that each answer is of
// one's own question, that limits are kept, and that nothing is left.
func TestStressNothingIsLostOrMixedUp(t *testing.T) {
	rude := func(c net.Conn) {
		if rand.N(10) == 0 {
			time.AfterFunc(rand.N(5*time.Millisecond), func() { c.Close() })
		}
	}
	servers := []*server{listen(t, rude), listen(t, rude), listen(t, rude), listen(t, rude)}
	var open census
	p := pool.New(pool.Options{
		Dial: open.dial, MaxPerDestination: 3, MaxTotal: 8, MaxWaiting: 10, CheckInterval: time.Millisecond,
		IdleTimeout: 5 * time.Millisecond, MaxLifetime: 50 * time.Millisecond, ForgetAfter: time.Millisecond,
	})
	var workers sync.WaitGroup
	for w := range 24 {
		workers.Go(func() {
			for i := range 60 {
				s := servers[rand.N(len(servers))]
				misbehave(p, s.addr())
				line := fmt.Sprintf("%d of %d", i, w)
				// It may be refused, or be hung up on too often.
				if err := p.Do(t.Context(), "tcp", s.addr(), func(c *pool.Conn) error { return ask(c, line) }); errors.Is(err, errMixedUp) {
					t.Error(err)
				}
			}
		})
	}
	workers.Wait()
	must(t, p.Close())
	st := p.Stats()
	var ends uint64
	for _, n := range st.Closed {
		ends += n
	}
	if opened := st.Dials - st.DialErrors; opened != ends || st.InUse+st.Idle+st.Dialing+st.Waiting != 0 {
		t.Errorf("opened %d, closed %d: %+v", opened, ends, st)
	}
	open.check(t, 3, 8)
}

// misbehave borrows in one of the ways that a pool must bear.
func misbehave(p *pool.Pool, address string) {
	ctx, cancel := context.WithTimeout(context.Background(), rand.N(2*time.Millisecond))
	defer cancel()
	c, err := p.Get(ctx, "tcp", address)
	if err != nil {
		return
	}
	switch rand.N(4) {
	case 0:
		c.Discard()
	case 1:
		fmt.Fprintln(c, "most of the answer is not read")
		c.Read(make([]byte, 1))
		c.Release()
	case 2:
		c.SetDeadline(time.Now())
		c.Release()
	default:
		go c.Read(make([]byte, 1)) // may come before or after the end of the loan
		c.Release()
	}
}

// census counts open connections as they are, not as the pool says.
type census struct {
	mu    sync.Mutex
	to    map[string]int
	all   int
	most  int // at any time, to one destination
	total int // at any time
}

func (s *census) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	s.count(address, 1)
	c, err := d.DialContext(ctx, network, address)
	if err != nil {
		s.count(address, -1)
		return nil, err
	}
	return &counted{Conn: c, close: func() { s.count(address, -1) }}, nil
}

func (s *census) count(address string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.to == nil {
		s.to = make(map[string]int)
	}
	s.to[address] += n
	s.all += n
	s.most, s.total = max(s.most, s.to[address]), max(s.total, s.all)
}

func (s *census) check(t *testing.T, most, total int) {
	if s.most != most || s.total != total || s.all != 0 {
		t.Errorf("at most %d to one destination, want %d; %d in all, want %d; %d left",
			s.most, most, s.total, total, s.all)
	}
}

type counted struct {
	net.Conn
	close func()
}

func (c *counted) NetConn() net.Conn { return c.Conn }

func (c *counted) Close() error {
	err := c.Conn.Close()
	c.close()
	return err
}
