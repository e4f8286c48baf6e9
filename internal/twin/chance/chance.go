// Package chance makes the random numbers of a twin: from a seed, with integers
// only, so that the same seed gives the same bytes on every machine.
package chance

// Source is SplitMix64 (Steele, Lea, Flood 2014). Copying it forks it: both
// copies give the same numbers. Not safe for concurrent use.
type Source struct {
	state  uint64
	stash  uint64 // bits for Below8 that were not given yet
	stored uint8  // how many draws of Below8 are in stash
}

const golden = 0x9e3779b97f4a7c15

// New returns a source; two sources of the same seed give the same numbers.
func New(seed uint64) Source { return Source{state: seed} }

// Next returns 64 random bits.
func (s *Source) Next() uint64 {
	s.state += golden
	return scramble(s.state)
}

func scramble(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Below returns a number in [0, n); n must be positive. The bias is below 2^-32.
func (s *Source) Below(n uint32) uint32 {
	return uint32(s.Next() >> 32 * uint64(n) >> 32)
}

// Below8 returns a number in [0, 8): get_random_u32_below(8), which connect()
// asks for once per connection.
func (s *Source) Below8() uint32 {
	if s.stored == 0 {
		s.stash, s.stored = s.Next(), 21
	}
	n := uint32(s.stash & 7)
	s.stash >>= 3
	s.stored--
	return n
}

// Hash returns 64 bits that depend on all three arguments, and on nothing else.
func Hash(seed, a, b uint64) uint64 {
	return scramble(scramble(scramble(seed+golden)^a+golden) ^ b + golden)
}
