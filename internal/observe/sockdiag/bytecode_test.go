package sockdiag

import (
	"encoding/hex"
	"net/netip"
	"testing"
)

func TestBytecodeOfARequestWithoutFiltersIsEmpty(t *testing.T) {
	for name, req := range map[string]Request{
		"zero":      {},
		"all ports": {LocalPort: PortMatch{High: 65535}, RemotePort: PortMatch{High: 65535}},
	} {
		if code := req.bytecode(); code != nil {
			t.Errorf("%s: %x", name, code)
		}
	}
}

func TestBytecodeIsWhatTheKernelReads(t *testing.T) {
	if [2]byte(Port(1).bytes()) != [2]byte{1, 0} {
		t.Skip("the expected bytes are those of a little-endian machine")
	}
	prefix := netip.MustParsePrefix
	tests := []struct {
		name string
		req  Request
		want string
	}{
		{"a port", Request{LocalPort: Port(80)}, "02081400" + "00005000" + "03080c00" + "00005000"},
		{"a half range", Request{RemotePort: PortMatch{Low: 256, High: 65535}}, "04080c00" + "00000001"},
		{"an IPv4 prefix", Request{Local: prefix("10.0.0.0/8")}, "07101400" + "02080000" + "ffffffff" + "0a000000"},
		{"a mapped prefix", Request{Remote: prefix("::ffff:10.0.0.0/104")}, "08101400" + "02080000" + "ffffffff" + "0a000000"},
		{
			"an IPv6 prefix",
			Request{Remote: prefix("fd00::/8")},
			"081c2000" + "0a080000" + "ffffffff" + "fd000000000000000000000000000000",
		},
		{"explicit", Request{Explicit: true}, "06040800" + "01040800"},
	}
	for _, test := range tests {
		if got := hex.EncodeToString(test.req.bytecode()); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.name, got, test.want)
		}
	}
}

// bytes is the low port as the machine stores it.
func (m PortMatch) bytes() []byte {
	p := Request{LocalPort: m}
	return p.bytecode()[6:8]
}
