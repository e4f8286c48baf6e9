package vmtest

import "slices"

// Cgroups is how a guest mounts control groups.
type Cgroups string

// The layouts that distributions have had: CgroupsV2 since about 2020, the two
// others before, and CgroupsV1 in small systems without systemd.
const (
	CgroupsV2    Cgroups = ""
	CgroupsV1    Cgroups = "v1"
	CgroupsMixed Cgroups = "mixed" // controllers in v1, and an empty v2 at "unified"
)

// Variant is a guest that lacks something which the other guests have.
type Variant struct {
	Name    string
	Series  string   // of its kernel
	Lacks   []string // as the tests of package lacking call it
	Without []string // modules that are not loaded
	Cmdline string   // more of the kernel's command line
	Cgroups Cgroups
	Recipe  *Recipe // of a kernel that Debian does not have; nil for its own
}

// without returns the kernel with some of its modules left out.
func (k Kernel) without(modules []string) Kernel {
	k.Modules = slices.DeleteFunc(slices.Clone(k.Modules), func(name string) bool { return slices.Contains(modules, name) })
	return k
}

// Of returns the machine and the kernel of a variant.
func (v Variant) Of(m Machine, k Kernel) (Machine, Kernel) {
	m.Cmdline, m.Cgroups = m.Cmdline+" "+v.Cmdline, v.Cgroups
	return m, k.without(v.Without)
}
