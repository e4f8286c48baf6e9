package poolprom_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"go.uber.org/goleak"

	"github.com/linger-dev/linger/pool"
	"github.com/linger-dev/linger/pool/poolprom"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// used returns a pool with one loan under way, one discarded and one dial that
// failed.
func used(t *testing.T) *pool.Pool {
	t.Helper()
	p := pool.New(pool.Options{Dial: func(_ context.Context, _, address string) (net.Conn, error) {
		if address == "nobody" {
			return nil, os.ErrNotExist
		}
		ours, theirs := net.Pipe()
		t.Cleanup(func() { theirs.Close() })
		return ours, nil
	}})
	t.Cleanup(func() { p.Close() })
	for range 2 {
		c, err := p.Get(t.Context(), "tcp", "db:5432")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Release)
	}
	c, err := p.Get(t.Context(), "tcp", "cache:6379")
	if err != nil {
		t.Fatal(err)
	}
	c.Discard()
	for p.Stats().Closed[pool.ClosedDiscarded] == 0 { // it is closed in the background
		runtime.Gosched()
	}
	if _, err := p.Get(t.Context(), "tcp", "nobody"); err == nil {
		t.Fatal("a dial to nobody succeeded")
	}
	return p
}

// scrape returns what Prometheus would get, without what takes different time.
func scrape(t *testing.T, c prometheus.Collector) string {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(c)
	w := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	body, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.New(bytes.NewReader(body)).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("promlint: %v %v", problems, err)
	}
	return regexp.MustCompile(`(wait_seconds_total\S*) .*`).ReplaceAllString(string(body), "$1 TIME")
}

func TestCollectorShowsTheSum(t *testing.T) {
	got := scrape(t, poolprom.NewCollector(used(t), poolprom.Options{Name: "main"}))
	for line := range strings.Lines(`linger_pool_backing_off{pool="main"} 1
linger_pool_closed_total{pool="main",reason="by_peer"} 0
linger_pool_closed_total{pool="main",reason="discarded"} 1
linger_pool_connections{pool="main",state="in_use"} 2
linger_pool_connections{pool="main",state="idle"} 0
linger_pool_destinations{pool="main"} 3
linger_pool_dial_errors_total{pool="main"} 1
linger_pool_dials_total{pool="main"} 4
linger_pool_gets_total{pool="main"} 3
linger_pool_fresh_gets_total{pool="main"} 3
linger_pool_waits_total{pool="main"} 3
linger_pool_wait_seconds_total{pool="main"} TIME
`) {
		if !strings.Contains(got, line) {
			t.Errorf("no %q in\n%s", line, got)
		}
	}
}

func TestCollectorSplitsByDestination(t *testing.T) {
	got := scrape(t, poolprom.NewCollector(used(t), poolprom.Options{PerDestination: true}))
	var dials []string
	for line := range strings.Lines(got) {
		if strings.HasPrefix(line, "linger_pool_dials_total") || strings.HasPrefix(line, "linger_pool_backing_off") {
			dials = append(dials, strings.TrimSpace(line))
		}
	}
	want := []string{
		`linger_pool_backing_off{address="cache:6379",network="tcp"} 0`,
		`linger_pool_backing_off{address="db:5432",network="tcp"} 0`,
		`linger_pool_backing_off{address="nobody",network="tcp"} 1`,
		`linger_pool_dials_total{address="cache:6379",network="tcp"} 1`,
		`linger_pool_dials_total{address="db:5432",network="tcp"} 2`,
		`linger_pool_dials_total{address="nobody",network="tcp"} 1`,
	}
	if diff := cmp.Diff(want, dials); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestTwoPoolsCanBeRegisteredTogether(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	for _, name := range []string{"one", "two"} {
		if err := registry.Register(poolprom.NewCollector(used(t), poolprom.Options{Name: name})); err != nil {
			t.Error(err)
		}
	}
	if _, err := registry.Gather(); err != nil {
		t.Error(err)
	}
}
