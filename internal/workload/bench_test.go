package workload

import (
	"io"
	"testing"
)

// What one short connection costs over loopback, with the server in the same
// process.
func BenchmarkShortConnection(b *testing.B) {
	s := start(b, "echo-server", "-addr=127.0.0.1:0")
	addr := s.kind(Started).Local.String()
	b.ResetTimer()
	got, err := ShortClient(b.Context(), ClientOptions{Target: addr, Count: b.N}, io.Discard)
	if err != nil || got.Answered != uint64(b.N) {
		b.Fatal(got, err)
	}
}
