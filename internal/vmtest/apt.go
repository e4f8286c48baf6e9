package vmtest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// keyring is what package debian-archive-keyring installs.
const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"

// mainSuites and securitySuites are where Debian's kernels of all ages are.
func mainSuites() []string {
	return []string{"bullseye", "bookworm", "bookworm-backports", "trixie", "trixie-backports", "sid"}
}

func securitySuites() []string {
	return []string{"bullseye-security", "bookworm-security", "trixie-security"}
}

// apt is an apt with lists, sources and a cache of its own, so that the
// machine's is not touched.
type apt struct{ dir string }

// newApt writes the configuration into dir. The sources are the servers of the
// machine's own apt, with other suites; suites that they do not have are left
// out.
func newApt(ctx context.Context, dir string) (*apt, error) {
	out, err := run(ctx, "", nil, "apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages")
	if err != nil {
		return nil, fmt.Errorf("read apt's sources: %w", err)
	}
	sources, err := sources(string(out))
	if err != nil {
		return nil, err
	}
	for _, d := range []string{"lists/partial", "cache/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			return nil, fmt.Errorf("make apt's folders: %w", err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "sources.list"), []byte(sources), 0o644); err != nil {
		return nil, fmt.Errorf("write apt's sources: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "apt.conf"), []byte(configuration(dir)), 0o644); err != nil {
		return nil, fmt.Errorf("write apt's configuration: %w", err)
	}
	return &apt{dir}, nil
}

// sources makes a sources.list from lines "server release", as apt prints of
// the machine's own.
func sources(targets string) (string, error) {
	servers := map[bool]string{} // by whether it is the one for security
	for line := range strings.Lines(targets) {
		server, release, ok := strings.Cut(strings.TrimSpace(line), " ")
		security := strings.Contains(release, "security")
		debian := strings.Contains(server, "debian")
		if ok && debian && servers[security] == "" {
			servers[security] = server
		}
	}
	if servers[false] == "" {
		return "", fmt.Errorf("apt has no source of Debian on this machine")
	}
	signed := ""
	if _, err := os.Stat(keyring); err == nil {
		signed = "[signed-by=" + keyring + "] "
	}
	var list strings.Builder
	for _, suite := range mainSuites() {
		fmt.Fprintf(&list, "deb %s%s %s main\n", signed, servers[false], suite)
	}
	if servers[true] != "" {
		for _, suite := range securitySuites() {
			fmt.Fprintf(&list, "deb %s%s %s main\n", signed, servers[true], suite)
		}
	}
	return list.String(), nil
}

// configuration also keeps apt from fetching what only software centres need.
func configuration(dir string) string {
	return fmt.Sprintf(`Dir::Etc::sourcelist "%[1]s/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::Lists "%[1]s/lists";
Dir::Cache "%[1]s/cache";
APT::Architecture "amd64";
APT::Architectures { "amd64"; };
Acquire::Languages "none";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11-icons-small::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11-icons::DefaultEnabled "false";
`, dir)
}

func (a *apt) run(ctx context.Context, dir, name string, args ...string) ([]byte, error) {
	return run(ctx, dir, []string{"APT_CONFIG=" + filepath.Join(a.dir, "apt.conf")}, name, args...)
}

// update fetches the lists. A suite that is no longer there makes apt fail as a
// whole, though it has fetched the others; so only an empty answer of images
// counts as failure.
func (a *apt) update(ctx context.Context) error {
	_, err := a.run(ctx, "", "apt-get", "update", "-q")
	return err
}

// images returns the names of all packages of cloud kernels.
func (a *apt) images(ctx context.Context) ([]string, error) {
	out, err := a.run(ctx, "", "apt-cache", "search", "--names-only", "^"+imagePrefix+"[0-9].*"+flavour+"$")
	if err != nil {
		return nil, err
	}
	var names []string
	for line := range strings.Lines(string(out)) {
		name, _, _ := strings.Cut(line, " ")
		names = append(names, name)
	}
	return names, nil
}

// parts returns the packages that a kernel consists of: since 6.19 the image
// package is empty and depends on the others.
func (a *apt) parts(ctx context.Context, release string) ([]string, error) {
	out, err := a.run(ctx, "", "apt-cache", "show", "--no-all-versions", imagePrefix+release)
	if err != nil {
		return nil, err
	}
	return partsOf(string(out), release), nil
}

// partsOf reads what "apt-cache show" printed of an image.
func partsOf(record, release string) []string {
	parts := []string{imagePrefix + release}
	for line := range strings.Lines(record) {
		depends, is := strings.CutPrefix(line, "Depends: ")
		if !is {
			continue
		}
		for dependency := range strings.SplitSeq(depends, ",") {
			name, _, _ := strings.Cut(strings.TrimSpace(dependency), " ")
			switch name {
			case "linux-binary-" + release, "linux-modules-" + release, "linux-base-" + release:
				parts = append(parts, name)
			}
		}
	}
	return parts
}

// download fetches packages into dir. apt checks their hashes and signatures.
func (a *apt) download(ctx context.Context, dir string, packages []string) ([]string, error) {
	if _, err := a.run(ctx, dir, "apt-get", append([]string{"download", "-q"}, packages...)...); err != nil {
		return nil, err
	}
	return filepath.Glob(filepath.Join(dir, "*.deb"))
}

// run runs a program and returns what it printed; its complaints are in the
// error.
func run(ctx context.Context, dir string, env []string, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.Env = append(cmd.Env, env...)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		return out, fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, lastLines(complaints.String(), 3))
	}
	return out, nil
}

// lastLines returns the last lines of a text that hold something.
func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "; ")
}
