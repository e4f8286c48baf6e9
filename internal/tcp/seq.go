package tcp

// Seq is a sequence number. Its comparisons wrap around as RFC 9293 section
// 3.4 demands; the built-in operators do not and must not be used on it.
type Seq uint32

// Before reports whether s comes before t in a window of less than 2^31
// bytes (the kernel's before()).
func (s Seq) Before(t Seq) bool { return int32(s-t) < 0 }

// After reports whether s comes after t (the kernel's after()).
func (s Seq) After(t Seq) bool { return t.Before(s) }

// Add returns the sequence number n bytes later.
func (s Seq) Add(n uint32) Seq { return s + Seq(n) }

// Sub returns the signed distance from t to s.
func (s Seq) Sub(t Seq) int32 { return int32(s - t) }

// InWindow reports whether s lies in [start, start+size).
func (s Seq) InWindow(start Seq, size uint32) bool { return uint32(s-start) < size }
