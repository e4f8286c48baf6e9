package vmtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestTheHighestReleaseOfASeriesIsChosen(t *testing.T) {
	packages := []string{
		"linux-image-6.1.0-9-cloud-amd64", "linux-image-6.1.0-56-cloud-amd64", "linux-image-6.1.0-0.deb11.99-cloud-amd64",
		"linux-image-6.1-cloud-amd64", "linux-image-6.12.90+deb13-cloud-amd64", "linux-image-6.12.90+deb13.1-cloud-amd64",
		"linux-image-6.12.118+deb13-cloud-amd64-unsigned", "linux-image-6.12.99+deb13-amd64", "linux-binary-7.9.9+deb13-cloud-amd64",
		"linux-image-7.3.4+deb13-cloud-amd64", "linux-image-7.3.4+deb13-cloud-amd64-dbg", "linux-image-99999999999999999999.1.2-cloud-amd64",
	}
	got := choose(packages, []string{"6.1", "6.12", "5.4", Newest})
	want := map[string]string{
		"6.1": "6.1.0-56-cloud-amd64", "6.12": "6.12.90+deb13.1-cloud-amd64", Newest: "7.3.4+deb13-cloud-amd64",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v", got)
	}
}

func TestSourcesAreTheMachinesServersWithOtherSuites(t *testing.T) {
	list, err := sources("mirror+file:/etc/tools oldies\nhttps://one.example/debian/ bookworm\nhttps://two.example/debian bookworm\n" +
		"https://three.example/debian-security bookworm-security\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"https://one.example/debian/ trixie-backports main\n", "https://three.example/debian-security trixie-security main\n"} {
		if !strings.Contains(list, want) {
			t.Errorf("no %q in\n%s", want, list)
		}
	}
	if strings.Contains(list, "two.example") || strings.Contains(list, "oldies") {
		t.Errorf("more than it should:\n%s", list)
	}
	if _, err := sources("https://one.example/other noble\n"); err == nil {
		t.Error("a machine without Debian's servers is no error")
	}
}

func TestNewKernelsConsistOfSeveralPackages(t *testing.T) {
	const record = "Package: linux-image-7.3.4+deb13-cloud-amd64\n" +
		"Depends: linux-binary-7.3.4+deb13-cloud-amd64 (= 7.3.4-1), linux-modules-7.3.4+deb13-cloud-amd64 (= 7.3.4-1), kmod, linux-base-7.3.4+deb13-cloud-amd64 (= 7.3.4-1), linux-base (>= 4.3~)\n" +
		"Recommends: apparmor\n"
	got := partsOf(record, "7.3.4+deb13-cloud-amd64")
	if len(got) != 4 || got[1] != "linux-binary-7.3.4+deb13-cloud-amd64" || got[2] != "linux-modules-7.3.4+deb13-cloud-amd64" ||
		got[3] != "linux-base-7.3.4+deb13-cloud-amd64" {
		t.Errorf("got %q", got)
	}
	if got := partsOf("Depends: kmod, linux-base\n", "6.1.0-56-cloud-amd64"); len(got) != 1 {
		t.Errorf("got %q", got)
	}
}

func TestModulesComeAfterWhatTheyNeed(t *testing.T) {
	needs := map[string][]string{"tcp_diag": {"inet_diag"}, "inet_diag": nil, "veth": nil, "a": {"b"}, "b": {"a"}}
	order, unknown, err := inOrder([]string{"tcp_diag", "veth", "af_packet", "inet_diag", "a"}, func(name string) ([]string, bool, error) {
		needed, known := needs[name]
		return needed, known, nil
	})
	if err != nil || !slices.Equal(order, []string{"inet_diag", "tcp_diag", "veth", "b", "a"}) || !slices.Equal(unknown, []string{"af_packet"}) {
		t.Errorf("order %q, unknown %q, %v", order, unknown, err)
	}
}

func TestModulesAreNamedAsTheKernelNamesThem(t *testing.T) {
	if got := moduleName("kernel/drivers/i2c/i2c-dev.ko.xz"); got != "i2c_dev" {
		t.Errorf("got %q", got)
	}
}

func TestWhatIsNoModuleIsAnError(t *testing.T) {
	if _, err := depends([]byte("no ELF")); err == nil {
		t.Error("no error")
	}
}
