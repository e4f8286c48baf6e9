package workload

import (
	"testing"
	"time"
)

func TestOptionsAreOneWordEach(t *testing.T) {
	all := Options{
		ReuseAddr: true, ReusePort: true, NoPort: true, V6Only: true, KeepAlive: true,
		PortRange: [2]uint16{40000, 40009}, Linger2: 5 * time.Second, UID: 1000,
	}
	for text, want := range map[string]Options{
		"":               {},
		"reuse_addr":     {ReuseAddr: true},
		"linger2=-1":     {Negative: true},
		"linger2=1m0s":   {Linger2: time.Minute},
		"port_range=0-9": {PortRange: [2]uint16{0, 9}},
		"reuse_addr,reuse_port,no_port,v6_only,keep_alive,port_range=40000-40009,linger2=5s,uid=1000": all,
	} {
		var got Options
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%q: got %+v, %v", text, got, err)
		}
		if back, err := want.MarshalText(); err != nil || string(back) != text {
			t.Errorf("%+v became %q, %v", want, back, err)
		}
	}
}

func TestOptionsRefuseWhatTheyDoNotKnow(t *testing.T) {
	for _, text := range []string{
		"nonsense", "reuse_addr=1", "nonsense=1", "reuse_addr,", ",", "linger2", "linger2=0s", "linger2=-2s", "linger2=x",
		"linger2=2147483648s", "port_range", "port_range=1", "port_range=1-x", "port_range=1-65536", "uid", "uid=-1", "uid=4294967295",
	} {
		var o Options
		if err := o.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is accepted as %+v", text, o)
		}
	}
}
