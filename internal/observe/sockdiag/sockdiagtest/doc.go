// Package sockdiagtest plays the kernel's side of inet_diag for tests: it
// holds sockets written as text, answers dumps as the kernel would, filters
// included, and can fail in every way that a kernel can.
//
//	kernel := sockdiagtest.Serve(t,
//		"0.0.0.0:443 listen inode=7",
//		"10.0.0.1:40000 -> 10.0.0.9:443 time-wait expires=41s",
//	)
//	client := kernel.Client()
package sockdiagtest
