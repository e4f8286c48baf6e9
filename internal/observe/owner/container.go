package owner

import "strings"

// containerOf returns the id or name of the container whose cgroup is elem,
// or "". The neighbours in the path are needed for the forms that take two.
func containerOf(elem, before, after string) string {
	switch {
	case after == "supervisor": // systemd-nspawn itself, a process of this host
		return ""
	case before == "lxc" || before == "lxc.payload":
		return elem
	case strings.HasPrefix(elem, "lxc.payload."):
		return elem[len("lxc.payload."):]
	case strings.HasPrefix(elem, "machine-") && strings.HasSuffix(elem, ".scope"):
		name := unescapeUnit(elem[len("machine-") : len(elem)-len(".scope")])
		if strings.HasPrefix(name, "qemu-") { // libvirt: a virtual machine, its process is one of this host
			return ""
		}
		return name
	case strings.HasPrefix(elem, "systemd-nspawn@") && strings.HasSuffix(elem, ".service"):
		return unescapeUnit(elem[len("systemd-nspawn@") : len(elem)-len(".service")])
	}
	return runtimeID(elem)
}

// runtimeID finds the id that an OCI runtime puts into a cgroup's name: the
// id alone (cgroupfs driver of Docker, containerd and ECS), after a prefix
// and perhaps in a scope (docker-ID.scope, cri-containerd-ID.scope, crio-ID,
// libpod-ID.scope, libpod-payload-ID), or after colons where runc was given
// a path for systemd but no systemd (SLICE:cri-containerd:ID). Processes that
// watch over a container from outside (conmon) are not in it.
func runtimeID(elem string) string {
	elem = strings.TrimSuffix(elem, ".scope")
	if isTaskID(elem) {
		return elem
	}
	cut := strings.LastIndexAny(elem, "-:")
	prefix, id := elem[:max(cut, 0)], elem[cut+1:]
	if !isHex(id, 64) || strings.HasSuffix(prefix, "conmon") {
		return ""
	}
	return id
}

// isTaskID tells the ids of containers on AWS Fargate, 32 hexadecimal digits
// of the task, a dash, and a number.
func isTaskID(s string) bool {
	task, number, ok := strings.Cut(s, "-")
	return ok && isHex(task, 32) && number != "" && strings.Trim(number, "0123456789") == ""
}

// podOf returns the Kubernetes pod uid in podUID, kubepods-QOS-podUID.slice
// or, without systemd, kubepods-QOS-podUID.slice:RUNTIME:ID, or "". In slices
// the dashes of the uid are underscores. A static pod's uid is a bare hash.
func podOf(elem string) string {
	elem, _, _ = strings.Cut(elem, ":")
	elem, inSlice := strings.CutSuffix(elem, ".slice")
	at := strings.LastIndex(elem, "pod")
	if at < 0 || inSlice && !strings.HasSuffix(elem[:at], "-") || !inSlice && at != 0 {
		return ""
	}
	uid := strings.ReplaceAll(elem[at+len("pod"):], "_", "-")
	if !isHex(uid, 32) && !isUUID(uid) {
		return ""
	}
	return uid
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for _, dash := range []int{8, 13, 18, 23} {
		if s[dash] != '-' {
			return false
		}
	}
	return isHex(strings.ReplaceAll(s, "-", ""), 32)
}

func isHex(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789abcdef") == ""
}
