package twin_test

import (
	"errors"
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/twin"
)

func TestTwinRefusesSettingsAsTheKernelDoes(t *testing.T) {
	for _, c := range []struct {
		kernel     evidence.Kernel
		key, value string
		want       error
	}{
		{"6.18", "net.ipv4.tcp_tw_reuse", "3", twin.EINVAL},
		{"6.18", "net.ipv4.tcp_tw_reuse", "-1", twin.EINVAL},
		{"6.18", "net.ipv4.tcp_tw_reuse", "one", twin.EINVAL},
		{"6.18", "net.ipv4.tcp_tw_reuse_delay", "0", twin.EINVAL},
		{"6.18", "net.ipv4.tcp_tw_reuse_delay", "60001", twin.EINVAL},
		{"6.18", "net.ipv4.tcp_tw_reuse_delay", "60000", nil},
		{"6.12", "net.ipv4.tcp_tw_reuse_delay", "1000", twin.ENOENT},
		{"6.18", "net.ipv4.tcp_tw_recycle", "0", twin.ENOENT},
		{"3.10", "net.ipv4.tcp_tw_recycle", "1", nil},
		{"6.18", "net.ipv4.tcp_reuse", "1", twin.ENOENT},
		{"6.18", "net.ipv4.tcp_max_tw_buckets", "-1", nil},
		{"6.18", "net.ipv4.tcp_fin_timeout", "-1", nil},
		{"6.18", "net.ipv4.tcp_fin_timeout", "100000", nil},
		{"6.18", "net.ipv4.ip_local_port_range", "500 600", twin.EINVAL},
		{"6.18", "net.ipv4.ip_local_port_range", "1 1", twin.EINVAL},
		{"6.18", "net.ipv4.ip_local_port_range", "40001 40000", twin.EINVAL},
		{"6.18", "net.ipv4.ip_local_port_range", "40000", twin.EINVAL},
		{"6.18", "net.ipv4.ip_local_port_range", "40000\t40000\n", nil},
		{"6.18", "net.ipv4.ip_unprivileged_port_start", "32769", twin.EINVAL},
		{"6.18", "net.ipv4.ip_local_reserved_ports", "1-", twin.EINVAL},
		{"6.18", "net.ipv4.ip_local_reserved_ports", "", nil},
	} {
		h := newHost(t, twin.Options{Kernel: c.kernel})
		if err := h.Set(c.key, c.value); !errors.Is(err, c.want) {
			t.Errorf("on %s %s = %q: %v, want %v", c.kernel, c.key, c.value, err, c.want)
		}
	}
}
