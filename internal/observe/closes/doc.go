// Package closes turns what the tracer tells into evidence: it names the
// processes behind closed connections and failed calls while they can still
// be asked.
//
// A process that is gone keeps what the kernel told of it when it acted (name,
// parent, user), and the unit, container or pod of its cgroup if that could be
// looked up.
package closes
