package netlab

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/linger-dev/linger/internal/evidence"
)

// reservedPorts is the setting that the kernel prints in another form than it
// was written in.
const reservedPorts = "net.ipv4.ip_local_reserved_ports"

// Sysctl sets a setting of this host's namespace, such as
// "net.ipv4.tcp_tw_reuse", and reads it back: a value that the kernel changed
// is an error. Separators may be slashes, for interface names with dots. A
// setting that a namespace does not have of its own is absent or read-only
// here (ensure_safe_net_sysctl in net/sysctl_net.c), so the host's settings
// cannot be changed.
func (h *Host) Sysctl(key, value string) error {
	path, err := sysctlPath(key)
	if err != nil {
		return err
	}
	return h.Do(func() error {
		if err := os.WriteFile(path, []byte(value), 0); err != nil {
			return fmt.Errorf("set %s on %s: %w", key, h.name, err)
		}
		got, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("read back %s on %s: %w", key, h.name, err)
		}
		if !sameValue(key, value, string(got)) {
			return fmt.Errorf("set %s on %s: wrote %q, kernel kept %q", key, h.name, value, strings.TrimSpace(string(got)))
		}
		return nil
	})
}

// ReadSysctl returns a setting of this host's namespace, without its newline.
// The error wraps os.ErrNotExist if this kernel has no such setting.
func (h *Host) ReadSysctl(key string) (string, error) {
	path, err := sysctlPath(key)
	if err != nil {
		return "", err
	}
	var value string
	err = h.Do(func() error {
		got, err := os.ReadFile(path)
		value = strings.TrimSpace(string(got))
		return err
	})
	if err != nil {
		return "", fmt.Errorf("read %s on %s: %w", key, h.name, err)
	}
	return value, nil
}

// sysctlPath returns the file of a setting below net, the only ones that
// belong to a network namespace. /proc/sys/net shows the namespace of the
// thread that opens it.
func sysctlPath(key string) (string, error) {
	rel := key
	if !strings.Contains(key, "/") {
		rel = strings.ReplaceAll(key, ".", "/")
	}
	if !filepath.IsLocal(rel) || filepath.Clean(rel) != rel || !strings.HasPrefix(rel, "net/") {
		return "", fmt.Errorf("sysctl %q: %w", key, errors.New("not a setting of a network namespace"))
	}
	return filepath.Join("/proc/sys", rel), nil
}

// sameValue compares by fields, as the kernel separates numbers by tabs.
func sameValue(key, wrote, read string) bool {
	if strings.ReplaceAll(key, "/", ".") == reservedPorts {
		var a, b evidence.PortSet
		if a.UnmarshalText([]byte(strings.TrimSpace(wrote))) == nil && b.UnmarshalText([]byte(strings.TrimSpace(read))) == nil {
			return a.String() == b.String()
		}
	}
	return slices.Equal(strings.Fields(wrote), strings.Fields(read))
}
