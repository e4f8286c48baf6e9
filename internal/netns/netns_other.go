//go:build !linux

package netns

import "errors"

// Select returns an error: network namespaces are Linux only.
func Select(selector string) (spaces []*Namespace, unseen []error, err error) {
	return nil, nil, linuxOnly(selector)
}

// Do returns an error: network namespaces are Linux only.
func (n *Namespace) Do(func() error) error { return linuxOnly(n.Name) }

func linuxOnly(selector string) error {
	return &Error{
		Selector: selector, Problem: "network namespaces are Linux only", Err: errors.ErrUnsupported,
		Hint: "Run linger on a Linux host, or read a recording with --from FILE.",
	}
}

// Open returns an error: network namespaces are Linux only.
func Open(path, name string) (*Namespace, error) {
	return nil, linuxOnly(path)
}
