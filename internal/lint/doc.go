// Package lint judges settings that are said to act on TIME_WAIT and its kin:
// what people believe of each, what it does on a given kernel, and whether it
// helps there, does nothing, or harms.
//
// It reads texts (sysctl.conf and sysctl.d, shell scripts, Dockerfiles,
// compose and Kubernetes files) into Assignments, finds out which of them win,
// by the rules of systemd-sysctl and of procps' sysctl, and judges the winners
// by one table, see catalogue. It looks at no machine: files come as bytes or
// as an fs.FS, and what a running kernel says as Live.
package lint
