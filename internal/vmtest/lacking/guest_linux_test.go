package lacking

import (
	"os"
	"strings"
	"testing"
)

// lacks are what a guest can lack, by the names that the plans of guests use.
func lacks() map[string]func(t *testing.T) {
	return map[string]func(t *testing.T){
		"tcp_diag":        withoutDiag,
		"tracing":         withoutTracing,
		"confidentiality": lockedDown,
		"btf":             withoutBTF,
		"bpf":             withoutBPF,
		"settings":        withoutSettings,
		"ipv6":            withoutIPv6,
		"mptcp":           withoutMPTCP,
		"plain-listeners": withMPTCP,
		"cgroup-v1":       onlyV2,
		"cgroup-v2":       onlyV1,
		"whole-cgroup-v2": mixed,
		"cgroups":         withoutCgroups,
		"hz-250":          otherHZ,
	}
}

func TestKernelLingerNamesWhatIsMissing(t *testing.T) {
	here := strings.Fields(os.Getenv("LINGER_LACKS"))
	if len(here) == 0 {
		t.Skip("this machine lacks nothing by plan; make test-kernels boots guests that do")
	}
	for _, lack := range here {
		test := lacks()[lack]
		if test == nil {
			t.Errorf("no test knows %s", lack)
			continue
		}
		t.Run(lack, test)
	}
}
