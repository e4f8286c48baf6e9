package lint

import "strings"

// safe is a setting that Kubernetes lets every pod make, and since when.
func safe(key string) (since string, ok bool) {
	switch key {
	case keyRange, "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "kernel.shm_rmid_forced":
		return "", true
	case keyUnprivileged:
		return "1.22", true
	case keyReserved:
		return "1.27", true
	case "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", keyFin:
		return "1.29", true
	case "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem":
		return "1.32", true
	}
	return "", false
}

// ineffective says why a setting does not come to be where it is written,
// whatever it would do there.
func (c *question) ineffective() (opinion, bool) {
	switch {
	case c.Build && c.By == ByAppend:
		return is(Useless, sayf("nothing reads files of sysctl in a container: settings are made when it is started", "容器里没有程序会读取 sysctl 的文件：设置要在启动容器时进行")).do(atStart()), true
	case c.Build:
		return is(Useless, sayf("it runs while the image is built, and no image keeps a setting of the kernel", "它在构建镜像时运行，而镜像不会保存内核设置")).do(atStart()), true
	case c.By.contained() && c.HostNetwork && strings.HasPrefix(c.Key, "net."):
		return is(Useless, sayf("the container shares the host's network, and runc and the kubelet refuse settings of net. for it: it does not start", "容器共用主机网络，runc 和 kubelet 会拒绝为其设置 net. 下的键：容器无法启动")).
			do(sayf("set it on the host", "在主机上设置")), true
	case c.By.contained() && !c.entry.netns.in(c.kernel):
		return is(Useless, sayf("this kernel has the key once for the whole host, not in each network namespace: the container does not start", "该内核对整台主机只有一份这个键，并非每个网络命名空间一份：容器无法启动")).
			do(sayf("set it on the host", "在主机上设置")), true
	}
	return opinion{}, false
}

func atStart() Message {
	return sayf("docker run --sysctl, sysctls: in compose, or securityContext.sysctls in Kubernetes", "使用 docker run --sysctl、compose 的 sysctls:，或 Kubernetes 的 securityContext.sysctls")
}

// place are notes on where the setting is written.
func (c *question) place() (notes []Message) {
	if c.By == ByKubernetes {
		switch since, ok := safe(c.Key); {
		case ok && since == "":
			notes = append(notes, sayf("Kubernetes: a safe setting, which every pod may make", "Kubernetes：属于安全的 sysctl，任何 Pod 都可以设置"))
		case ok:
			notes = append(notes, sayf("Kubernetes: a safe setting since %[1]s; before, the kubelet must allow it", "Kubernetes：自 %[1]s 起属于安全的 sysctl；更早的版本需要 kubelet 放行", since))
		default:
			notes = append(notes, sayf("Kubernetes: an unsafe setting: the pod is refused (SysctlForbidden) unless the kubelet runs with --allowed-unsafe-sysctls=%[1]s", "Kubernetes：属于不安全的 sysctl：除非 kubelet 以 --allowed-unsafe-sysctls=%[1]s 运行，否则 Pod 会被拒绝（SysctlForbidden）", c.Key))
		}
	}
	if strings.HasPrefix(c.Key, "net.netfilter.nf_conntrack") && !c.By.contained() && c.By != ByKernel {
		notes = append(notes, sayf("the key is there only once nf_conntrack is loaded: where that happens after sysctl has run at boot, the line sets nothing", "只有加载了 nf_conntrack 模块，这个键才存在：若启动时 sysctl 先于模块加载运行，该行不会生效"))
	}
	if c.entry.kind != portList && strings.Contains(c.Value, "#") {
		notes = append(notes, sayf("the comment behind the value is part of the value; the kernel takes the number and ignores the rest", "值后面的注释也是值的一部分；内核只取数字，忽略其余"))
	}
	if c.Tolerant {
		notes = append(notes, sayf("the - before the key hides a failure to set it", "键前面的 - 会掩盖设置失败"))
	}
	return notes
}

// expects reports whether a comment says that the setting is for TIME_WAIT.
func expects(comment string) bool {
	text := strings.ToUpper(strings.NewReplacer("_", "", "-", "", " ", "").Replace(comment))
	return strings.Contains(text, "TIMEWAIT")
}
