package workload

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Options are set on a socket before bind(2) or connect(2). As text, in flags
// and requests, they are joined by commas:
//
//	reuse_addr,port_range=40000-40009,linger2=5s,uid=1000
//
// The fields are those of a scenario in the same order, so that Go converts
// one to the other.
type Options struct {
	ReuseAddr bool          // reuse_addr: SO_REUSEADDR; Go's own listeners always have it
	ReusePort bool          // reuse_port: SO_REUSEPORT
	NoPort    bool          // no_port: IP_BIND_ADDRESS_NO_PORT
	V6Only    bool          // v6_only: IPV6_V6ONLY
	PortRange [2]uint16     // port_range: IP_LOCAL_PORT_RANGE (Linux 6.3), low and high; zero: not set
	Linger2   time.Duration // linger2: TCP_LINGER2, rounded up to seconds; 0: not set
	Negative  bool          // linger2=-1: TCP_LINGER2 of -1
	KeepAlive bool          // keep_alive: SO_KEEPALIVE
	UID       uint32        // uid: the user that makes the socket, and those it accepts; 0: as the program
}

// switches are the options without a value.
func (o *Options) switches() []struct {
	name string
	on   *bool
} {
	return []struct {
		name string
		on   *bool
	}{
		{"reuse_addr", &o.ReuseAddr},
		{"reuse_port", &o.ReusePort},
		{"no_port", &o.NoPort},
		{"v6_only", &o.V6Only},
		{"keep_alive", &o.KeepAlive},
	}
}

// MarshalText returns the text form; that of the zero Options is empty.
func (o Options) MarshalText() ([]byte, error) {
	var list []string
	for _, s := range o.switches() {
		if *s.on {
			list = append(list, s.name)
		}
	}
	if o.PortRange != [2]uint16{} {
		list = append(list, fmt.Sprintf("port_range=%d-%d", o.PortRange[0], o.PortRange[1]))
	}
	switch {
	case o.Negative:
		list = append(list, "linger2=-1")
	case o.Linger2 != 0:
		list = append(list, "linger2="+o.Linger2.String())
	}
	if o.UID != 0 {
		list = append(list, fmt.Sprintf("uid=%d", o.UID))
	}
	return []byte(strings.Join(list, ",")), nil
}

// UnmarshalText accepts what MarshalText returns.
func (o *Options) UnmarshalText(text []byte) error {
	*o = Options{}
	if len(text) == 0 {
		return nil
	}
	for word := range strings.SplitSeq(string(text), ",") {
		if err := o.set(word); err != nil {
			return fmt.Errorf("socket option %q: %w", word, err)
		}
	}
	return nil
}

func (o *Options) set(word string) error {
	name, value, valued := strings.Cut(word, "=")
	for _, s := range o.switches() {
		if s.name == word {
			*s.on = true
			return nil
		}
	}
	if !valued {
		return fmt.Errorf("not known, or its value is missing")
	}
	switch name {
	case "port_range":
		return o.setRange(value)
	case "linger2":
		if o.Negative = value == "-1"; o.Negative {
			o.Linger2 = 0
			return nil
		}
		d, err := time.ParseDuration(value)
		if err == nil && (d <= 0 || d > math.MaxInt32*time.Second) {
			err = fmt.Errorf("needs a duration above 0, or -1")
		}
		o.Linger2 = d
		return err
	case "uid":
		uid, err := strconv.ParseUint(value, 10, 32)
		if err == nil && uid == math.MaxUint32 {
			err = fmt.Errorf("is no user")
		}
		o.UID = uint32(uid)
		return err
	}
	return fmt.Errorf("not known, or takes no value")
}

func (o *Options) setRange(value string) error {
	low, high, _ := strings.Cut(value, "-")
	for i, end := range []string{low, high} {
		port, err := strconv.ParseUint(end, 10, 16)
		if err != nil {
			return err
		}
		o.PortRange[i] = uint16(port)
	}
	return nil
}
