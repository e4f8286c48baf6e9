// Package evidence holds what was seen of a host: plain, serialisable values
// that every source produces (live kernel, recording, twin, laboratory) and
// that everything downstream reads without knowing the source.
//
// The same evidence gives the same findings, so a diagnosis can be replayed
// from a file. Values that the kernel did not give are marked as such (see
// Int and Gap), never replaced by a zero. The JSON form of these types is the
// recording format and part of `--json`; docs/json.md describes it.
package evidence
