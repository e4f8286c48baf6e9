package owner

import (
	"strings"
	"testing"
)

const (
	id1   = "0d8e5ce7ba3b0a5dbb8ddb2d3ea8c1ebfbd9e1e8d3d3a3f8b5a5c6d7e8f90a1b"
	id2   = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
	uid   = "2f1a7b3c-4d5e-6f70-8192-a3b4c5d6e7f8"
	under = "2f1a7b3c_4d5e_6f70_8192_a3b4c5d6e7f8"
	hash  = "0123456789abcdef0123456789abcdef"
)

type cgroupTest struct {
	text                 string
	unit, container, pod string
}

func checkCgroups(t *testing.T, tests []cgroupTest) {
	t.Helper()
	for _, test := range tests {
		unit, container, pod := Cgroup(test.text)
		if unit != test.unit || container != test.container || pod != test.pod {
			t.Errorf("%q:\n got unit %q container %q pod %q\nwant unit %q container %q pod %q",
				test.text, unit, container, pod, test.unit, test.container, test.pod)
		}
	}
}

func TestSystemdUnitsAreTheInnermostThatTellsSomething(t *testing.T) {
	checkCgroups(t, []cgroupTest{
		{"", "", "", ""},
		{"0::/\n", "", "", ""},
		{"garbage\n1:x\n::\n", "", "", ""},
		{"0::/init.scope\n", "init.scope", "", ""},
		{"0::/system.slice/nginx.service\n", "nginx.service", "", ""},
		{"0::/system.slice/nginx.service", "nginx.service", "", ""},
		{"0::/system.slice/nginx.service (deleted)\n", "nginx.service", "", ""},
		{"0::/system.slice/system-getty.slice/getty@tty1.service\n", "getty@tty1.service", "", ""},
		{"0::/system.slice/system-postgresql.slice/postgresql@15-main.service\n", "postgresql@15-main.service", "", ""},
		{"0::/system.slice/foo.service/worker/3\n", "foo.service", "", ""},
		{"0::/system.slice/_cpu.service\n", "cpu.service", "", ""},
		{"0::/system.slice/a:b:c.service\n", "a:b:c.service", "", ""},
		{`0::/system.slice/system-app\x2dmain.slice/app\x2dmain@1.service` + "\n", "app-main@1.service", "", ""},
		{`0::/system.slice/bad\x2.service` + "\n", `bad\x2.service`, "", ""},
		{`0::/system.slice/bad\xZZ.service` + "\n", `bad\xZZ.service`, "", ""},
		{"0::/system.slice/run-r1c0a1b.scope\n", "run-r1c0a1b.scope", "", ""},
		{"0::/system.slice/sshd.socket\n", "sshd.socket", "", ""},
		{"0::/system.slice\n", "system.slice", "", ""},
		{"0::/user.slice/user-1000.slice\n", "user-1000.slice", "", ""},
		{"0::/user.slice/user-1000.slice/session-3.scope\n", "session-3.scope", "", ""},
		{"0::/user.slice/user-1000.slice/user@1000.service/init.scope\n", "user@1000.service", "", ""},
		{"0::/user.slice/user-1000.slice/user@1000.service/app.slice/foo.service\n", "foo.service", "", ""},
		{`0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome-org.gnome.Terminal\x2d77.scope` + "\n", "app-gnome-org.gnome.Terminal-77.scope", "", ""},
		{"0::/user.slice/user-1000.slice/user@1000.service/app.slice\n", "user@1000.service", "", ""},
		{"0::/nomad.slice/share.slice/2f1a7b3c.web.scope\n", "2f1a7b3c.web.scope", "", ""},
		{"0::/machine.slice/" + `machine-qemu\x2d1\x2dvm.scope/libvirt/emulator` + "\n", "machine-qemu-1-vm.scope", "", ""},
		{"0::/machine.slice/libpod-conmon-" + id1 + ".scope\n", "libpod-conmon-" + id1 + ".scope", "", ""},
		{"0::/../../system.slice/ssh.service\n", "ssh.service", "", ""},
		{"0::/.hidden/x\n", "", "", ""},
	})
}

func TestHierarchiesOfVersion1AndHybridAgreeOnTheUnit(t *testing.T) {
	checkCgroups(t, []cgroupTest{
		{"12:pids:/system.slice/ssh.service\n11:cpu,cpuacct:/system.slice\n1:name=systemd:/system.slice/ssh.service\n", "ssh.service", "", ""},
		{"11:cpu,cpuacct:/user.slice\n1:name=systemd:/user.slice/user-0.slice/session-1.scope\n0::/user.slice/user-0.slice/session-1.scope\n", "session-1.scope", "", ""},
		{"4:memory:/system.slice/a.service\n2:cpu:/\n", "a.service", "", ""},
		{"2:cpu:/\n1:name=systemd:/\n0::/system.slice/b.service\n", "b.service", "", ""},
		{"3:cpuset:/docker/" + id1 + "\n2:memory:/docker/" + id1 + "\n1:name=systemd:/docker/" + id1 + "\n0::/system.slice/containerd.service\n", "", id1, ""},
		{"2:memory:/docker/" + id1 + "\n1:name=systemd:/\n0::/\n", "", id1, ""},
		{"9:name=systemd:/\n4:memory:/sandbox/" + hash + "\n0::/\n", "", "", ""},
	})
}

func TestContainersOfAllRuntimesAreNamed(t *testing.T) {
	checkCgroups(t, []cgroupTest{
		{"0::/docker/" + id1 + "\n", "", id1, ""},
		{"0::/system.slice/docker-" + id1 + ".scope\n", "", id1, ""},
		{"0::/system.slice/docker-" + id1 + ".scope/init.scope\n", "", id1, ""},
		{"0::/system.slice/docker-" + id1 + ".scope/system.slice/nginx.service\n", "nginx.service", id1, ""},
		{"0::/docker/" + id1 + "/docker/" + id2 + "\n", "", id2, ""},
		{"0::/../docker-" + id1 + ".scope\n", "", id1, ""},
		{"0::/../../docker/" + id1 + "\n", "", id1, ""},
		{"0::/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" + id1 + ".scope\n", "", id1, ""},
		{"0::/system.slice/system.slice:docker:" + id1 + "\n", "", id1, ""},
		{"0::/system.slice/nerdctl-" + id1 + ".scope\n", "", id1, ""},
		{"0::/machine.slice/libpod-" + id1 + ".scope\n", "", id1, ""},
		{"0::/machine.slice/libpod-" + id1 + ".scope/container\n", "", id1, ""},
		{"0::/libpod_parent/libpod-" + id1 + "\n", "", id1, ""},
		{"0::/system.slice/web.service/libpod-payload-" + id1 + "\n", "web.service", id1, ""},
		{"0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + id1 + ".scope/container\n", "", id1, ""},
		{"0::/lxc.payload.web1/system.slice/nginx.service\n", "nginx.service", "web1", ""},
		{"0::/lxc.payload.web1/init.scope\n", "", "web1", ""},
		{"0::/lxc.payload/web1\n", "", "web1", ""},
		{"0::/lxc.monitor.web1\n", "", "", ""},
		{"1:name=systemd:/lxc/101/ns/init.scope\n", "", "101", ""},
		{"0::/system.slice/lxc@web1.service/lxc.payload.web1\n", "lxc@web1.service", "web1", ""},
		{`0::/machine.slice/machine-deb\x2d12.scope/payload/system.slice/cron.service` + "\n", "cron.service", "deb-12", ""},
		{`0::/machine.slice/machine-deb\x2d12.scope/supervisor` + "\n", "machine-deb-12.scope", "", ""},
		{"0::/machine.slice/systemd-nspawn@web.service/payload\n", "systemd-nspawn@web.service", "web", ""},
		{"0::/machine.slice/systemd-nspawn@web.service/payload/system.slice/x.service\n", "x.service", "web", ""},
		{"0::/machine.slice/systemd-nspawn@web.service/supervisor\n", "systemd-nspawn@web.service", "", ""},
		{"1:name=systemd:/ecs/" + hash + "/" + id1 + "\n", "", id1, ""},
		{"1:name=systemd:/ecs/" + uid + "/" + id1 + "\n", "", id1, ""},
		{"1:name=systemd:/ecs/" + hash + "/" + hash + "-1234567890\n", "", hash + "-1234567890", ""},
		{"0::/ecstasks.slice/ecstasks-" + hash + ".slice/docker-" + id1 + ".scope\n", "", id1, ""},
	})
}

func TestPodsAreNamedWithTheDashesOfTheirUID(t *testing.T) {
	checkCgroups(t, []cgroupTest{
		{"0::/kubepods/burstable/pod" + uid + "/" + id1 + "\n", "", id1, uid},
		{"0::/kubepods/pod" + uid + "/" + id1 + "\n", "", id1, uid},
		{"0::/kubepods/besteffort/pod" + hash + "/" + id1 + "\n", "", id1, hash},
		{"0::/kubepods/burstable/pod" + uid + "/crio-" + id1 + "\n", "", id1, uid},
		{"0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + under + ".slice/cri-containerd-" + id1 + ".scope\n", "", id1, uid},
		{"0::/kubepods.slice/kubepods-pod" + under + ".slice/docker-" + id1 + ".scope\n", "", id1, uid},
		{"0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" + under + ".slice/crio-" + id1 + ".scope\n", "", id1, uid},
		{"0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" + under + ".slice/crio-" + id1 + ".scope/container\n", "", id1, uid},
		{"0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + under + ".slice/crio-conmon-" + id1 + ".scope\n", "crio-conmon-" + id1 + ".scope", "", uid},
		{"0::/kubepods.slice/kubepods-pod" + hash + ".slice/cri-containerd-" + id1 + ".scope\n", "", id1, hash},
		{"0::/kubepods.slice/kubepods-pod" + under + ".slice\n", "", "", uid},
		{"0::/system.slice/containerd.service/kubepods-burstable-pod" + under + ".slice:cri-containerd:" + id1 + "\n", "containerd.service", id1, uid},
		{"0::/docker/" + id2 + "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod" + under + ".slice/cri-containerd-" + id1 + ".scope\n", "", id1, uid},
		{"0::/../../kubepods-pod" + under + ".slice/cri-containerd-" + id1 + ".scope\n", "", id1, uid},
		{"0::/kubepods/podsomething/x\n", "", "", ""},
		{"0::/tripod" + hash + "\n", "", "", ""},
	})
}

func FuzzCgroup(f *testing.F) {
	f.Add("0::/kubepods.slice/kubepods-pod" + under + ".slice/cri-containerd-" + id1 + ".scope\n")
	f.Add("1:name=systemd:/lxc/x\n0::/../_a\\x2db.service (deleted)\n")
	f.Add("0::/machine.slice/machine-a.scope/payload/x.service")
	f.Fuzz(func(t *testing.T, text string) {
		unit, container, pod := Cgroup(text)
		if len(unit)+len(container) > len(text) {
			t.Fatalf("%q gave more than it holds: %q, %q", text, unit, container)
		}
		if pod != "" && !isHex(pod, 32) && !isUUID(pod) {
			t.Fatalf("%q is no pod uid", pod)
		}
		if strings.ContainsAny(container, "/\n") && !strings.Contains(text, `\x`) {
			t.Fatalf("%q is more than one element", container)
		}
	})
}
