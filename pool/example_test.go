package pool_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"time"

	"github.com/linger-dev/linger/pool"
)

// shout starts a server that answers each line with itself and a "!", and
// returns its address.
func shout() (address string, stop func()) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for lines := bufio.NewScanner(c); lines.Scan(); {
					fmt.Fprintf(c, "%s!\n", lines.Text())
				}
			}()
		}
	}()
	return ln.Addr().String(), func() { ln.Close() }
}

func Example() {
	address, stop := shout()
	defer stop()

	p := pool.New(pool.Options{})
	defer p.Close()

	for _, word := range []string{"one", "two", "three"} {
		c, err := p.Get(context.Background(), "tcp", address)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Fprintln(c, word)
		line, err := bufio.NewReader(c).ReadString('\n')
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(line)
		c.Close() // gives it back
	}
	fmt.Println(p.Stats().Dials, "connection")
	// Output:
	// one!
	// two!
	// three!
	// 1 connection
}

// A request that may be sent twice is tried again when the server restarts.
func ExamplePool_Do() {
	address, stop := shout()
	defer stop()

	p := pool.New(pool.Options{})
	defer p.Close()

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()

	var line string
	err := p.Do(ctx, "tcp", address, func(c *pool.Conn) (err error) {
		if _, err = fmt.Fprintln(c, "hello"); err != nil {
			return err
		}
		line, err = bufio.NewReader(c).ReadString('\n')
		return err
	})
	fmt.Printf("%q %v\n", line, err)
	// Output: "hello!\n" <nil>
}

// What belongs to a connection, such as a buffer, can stay with it.
func ExampleConn_SetState() {
	address, stop := shout()
	defer stop()

	p := pool.New(pool.Options{})
	defer p.Close()

	ask := func(word string) {
		c, err := p.Get(context.Background(), "tcp", address)
		if err != nil {
			log.Fatal(err)
		}
		defer c.Close()
		r, kept := c.State().(*bufio.Reader)
		if !kept {
			// Around NetConn: it outlives this loan.
			r = bufio.NewReader(c.NetConn())
			c.SetState(r)
		}
		fmt.Fprintln(c, word)
		line, err := r.ReadString('\n')
		if err != nil {
			c.Discard() // the pool did not see this error
			log.Fatal(err)
		}
		fmt.Printf("%q, kept: %v\n", line, kept)
	}
	ask("one")
	ask("two")
	// Output:
	// "one!\n", kept: false
	// "two!\n", kept: true
}

// Dial does what must come first on a connection. The pool looks through TLS at
// the socket.
func ExampleOptions_tls() {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())

	d := &tls.Dialer{Config: &tls.Config{RootCAs: roots}}
	p := pool.New(pool.Options{Dial: d.DialContext})
	defer p.Close()

	c, err := p.Get(context.Background(), "tcp", server.Listener.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	fmt.Println(c.NetConn().(*tls.Conn).ConnectionState().HandshakeComplete)
	// Output: true
}

// A destination that cannot be reached is left alone for a while.
func ExampleBackoffError() {
	p := pool.New(pool.Options{
		Dial: func(context.Context, string, string) (net.Conn, error) {
			return nil, errors.New("no route")
		},
	})
	defer p.Close()

	for range 2 {
		_, err := p.Get(context.Background(), "tcp", "db.example:5432")
		_, held := errors.AsType[*pool.BackoffError](err)
		fmt.Println("held back:", held)
	}
	// Output:
	// held back: false
	// held back: true
}

// Two source addresses double the connections that can be open to one
// destination.
func ExampleDialer() {
	address, stop := shout()
	defer stop()

	d := &pool.Dialer{Sources: []netip.Addr{
		netip.MustParseAddr("127.0.0.1"),
		netip.MustParseAddr("::1"), // for destinations that speak IPv6
	}}
	p := pool.New(pool.Options{Dial: d.DialContext})
	defer p.Close()

	c, err := p.Get(context.Background(), "tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	fmt.Println(c.LocalAddr().(*net.TCPAddr).IP)
	// Output: 127.0.0.1
}

// The next server can listen before this one stops.
func ExampleListenConfig() {
	config := &pool.ListenConfig{ReusePort: true}
	old, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if errors.Is(err, errors.ErrUnsupported) {
		fmt.Println("two listen") // not here
		return
	}
	if err != nil {
		log.Fatal(err)
	}
	next, err := config.Listen(context.Background(), "tcp", old.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("two listen")
	old.Close()
	next.Close()
	// Output: two listen
}
