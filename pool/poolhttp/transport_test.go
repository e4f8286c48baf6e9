package poolhttp_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/linger-dev/linger/pool/poolhttp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// counted is a server that counts connections.
func counted(t *testing.T, handler http.HandlerFunc) (url string, connections *atomic.Int32) {
	t.Helper()
	connections = new(atomic.Int32)
	s := httptest.NewUnstartedServer(handler)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s.URL, connections
}

func client(t *testing.T, o poolhttp.Options) *http.Client {
	t.Helper()
	c := &http.Client{Transport: poolhttp.New(o)}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func fetch(t *testing.T, c *http.Client, url string) {
	t.Helper()
	resp, err := c.Get(url)
	if err != nil {
		t.Error(err)
		return
	}
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
}

func TestFiftyRequestsAtATimeNeedFiftyConnections(t *testing.T) {
	const atATime, rounds = 50, 4
	connectionsOf := func(c *http.Client) int32 {
		var here sync.WaitGroup // counts down the requests of one round that have not arrived
		url, connections := counted(t, func(http.ResponseWriter, *http.Request) {
			here.Done()
			here.Wait()
		})
		for range rounds {
			here.Add(atATime)
			var wg sync.WaitGroup
			for range atATime {
				wg.Go(func() { fetch(t, c, url) })
			}
			wg.Wait()
		}
		return connections.Load()
	}
	if got := connectionsOf(client(t, poolhttp.Options{MaxPerHost: atATime})); got != atATime {
		t.Errorf("%d connections for %d requests at a time", got, atATime)
	}
	// What it is for: the default does worse.
	plain := &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}
	defer plain.CloseIdleConnections()
	if got := connectionsOf(plain); got < 2*atATime {
		t.Errorf("http.DefaultTransport needed just %d connections: the package's first reason is gone", got)
	}
}

func TestConnectionSurvivesABodyThatWasNotRead(t *testing.T) {
	for name, send := range map[string]http.HandlerFunc{
		"with a length": func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, strings.Repeat("x", 1000)) },
		"in chunks": func(w http.ResponseWriter, _ *http.Request) {
			for range 10 {
				io.WriteString(w, strings.Repeat("x", 6000))
				w.(http.Flusher).Flush()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			url, connections := counted(t, send)
			c := client(t, poolhttp.Options{DrainTime: 10 * time.Second})
			for range 5 {
				resp, err := c.Get(url)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Read(make([]byte, 1))
				resp.Body.Close()
			}
			if got := connections.Load(); got != 1 {
				t.Errorf("%d connections, want 1", got)
			}
		})
	}
}

func TestBodyThatIsTooLongOrTooSlowIsNotWaitedFor(t *testing.T) {
	for name, send := range map[string]http.HandlerFunc{
		"endless": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				io.WriteString(w, strings.Repeat("x", 1000))
			}
		},
		"silent": func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			url, connections := counted(t, send)
			c := client(t, poolhttp.Options{})
			for range 2 {
				resp, err := c.Get(url)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
			}
			if got := connections.Load(); got != 2 {
				t.Errorf("%d connections, want one for each", got)
			}
		})
	}
}

func TestLimitMakesRequestsWait(t *testing.T) {
	release := make(chan struct{})
	url, connections := counted(t, func(http.ResponseWriter, *http.Request) { <-release })
	c := client(t, poolhttp.Options{MaxPerHost: 1})
	var wg sync.WaitGroup
	wg.Go(func() { fetch(t, c, url) })
	for connections.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := c.Do(r); err == nil {
		resp.Body.Close()
		t.Error("a second request did not wait")
	}
	close(release)
	wg.Wait()
}

func TestUpgradedBodyIsStillTheConnection(t *testing.T) {
	url, _ := counted(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "echo")
		w.WriteHeader(http.StatusSwitchingProtocols)
		c, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		line, _ := rw.ReadString('\n')
		fmt.Fprint(c, line)
	})
	r, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Connection", "Upgrade")
	r.Header.Set("Upgrade", "echo")
	resp, err := client(t, poolhttp.Options{}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	rw, ok := resp.Body.(io.ReadWriter)
	if !ok {
		t.Fatalf("the body is %T, which cannot be written to", resp.Body)
	}
	fmt.Fprintln(rw, "hello")
	got, err := io.ReadAll(rw)
	if err != nil || string(got) != "hello\n" {
		t.Errorf("%q: %v", got, err)
	}
}

func TestTLSStillSpeaksHTTP2(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	c := client(t, poolhttp.Options{TLS: s.Client().Transport.(*http.Transport).TLSClientConfig.Clone()})
	resp, err := c.Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.ProtoMajor != 2 {
		t.Errorf("spoke %s", resp.Proto)
	}
}
