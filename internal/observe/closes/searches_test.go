package closes

import (
	"fmt"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/observe/tracer"
)

// took is count calls of less than 2^bucket µs.
func took(netns uint64, addr string, bucket int, count, failed uint64) tracer.Connecting {
	c := tracer.Connecting{Namespace: netns, Addr: port(addr), Failed: failed}
	c.Buckets[bucket], c.Count = count, count
	return c
}

func TestOnlyTheLastMinutesOfConnectAreTold(t *testing.T) {
	var s searches
	start := time.Now()
	look := func(after time.Duration, all ...tracer.Connecting) string {
		text := ""
		for _, c := range s.in(1, start.Add(after), all) {
			text += fmt.Sprint(c.Addr, " ", c.Micros, " ", c.Failed, "; ")
		}
		return text
	}
	for _, x := range []struct {
		after time.Duration
		all   []tracer.Connecting
		want  string
	}{
		{0, []tracer.Connecting{took(1, "10.0.0.2:80", 0, 5, 0), took(2, "10.0.0.3:80", 0, 9, 0)}, "10.0.0.2:80 [5] 0; "},
		{30 * time.Second, []tracer.Connecting{took(1, "10.0.0.2:80", 3, 6, 1), took(1, "10.0.0.1:80", 1, 7, 0)}, "10.0.0.1:80 [7] 0; 10.0.0.2:80 [0 0 6] 1; "},
		{61 * time.Second, []tracer.Connecting{took(1, "10.0.0.2:80", 3, 10, 1)}, "10.0.0.2:80 [0 0 10] 1; "},
		{122 * time.Second, []tracer.Connecting{took(1, "10.0.0.2:80", 3, 12, 4)}, "10.0.0.2:80 [0 0 2] 3; "},
		{183 * time.Second, []tracer.Connecting{took(1, "10.0.0.2:80", 3, 12, 4)}, ""},
	} {
		if got := look(x.after, x.all...); got != x.want {
			t.Errorf("after %v: %q, want %q", x.after, got, x.want)
		}
	}
}
