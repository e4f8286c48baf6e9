package pool_test

import (
	"bytes"
	"context"
	"log/slog"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linger-dev/linger/pool"
)

// journal is a place for a log that several goroutines write.
type journal struct {
	mu sync.Mutex
	bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.Buffer.Write(b)
}

func TestLogTellsTheLifeOfAConnection(t *testing.T) {
	s, nobody := listen(t), refusing(t)
	var log journal
	p := pool.New(pool.Options{Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	get(t, p, s.addr()).Release()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := p.Get(ctx, "tcp", nobody); err == nil {
		t.Fatal("a dial to nobody succeeded")
	}
	must(t, p.Close())
	got := regexp.MustCompile(`time=\S+ |127\.0\.0\.1:\d+`).ReplaceAllString(log.String(), "")
	want := `level=DEBUG msg=connected network=tcp address= local=
level=WARN msg="could not connect" network=tcp address= err="dial tcp : connect: connection refused"
level=DEBUG msg="closed a connection" network=tcp address= reason=shutdown
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
