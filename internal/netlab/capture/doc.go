// Package capture sees the TCP segments of a private host as they pass its
// interfaces, and writes them as a file that Wireshark opens.
//
// It decodes headers itself: a segment is captured up to SnapLen bytes, and
// the decoders at hand refuse cut packets or register all of the world's
// protocols at start. A test compares it with one of them.
package capture
