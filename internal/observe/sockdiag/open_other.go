//go:build !linux

package sockdiag

import "errors"

// Open fails: only Linux has inet_diag.
func Open() (*Client, error) {
	return nil, errors.New("open socket for dumps: inet_diag is Linux only")
}
