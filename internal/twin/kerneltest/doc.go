// Package kerneltest compares the twin with the kernel that it runs on.
//
// Draw makes Cases from a seed: settings, addresses, and a list of timed
// operations. Play carries a Case out on the kernel, in private network
// namespaces, and writes down what came of each operation: a Transcript. The
// twin is then judged twice:
//
// Follow goes through the Transcript with a twin that is led to the ports that
// the kernel chose, at the times at which the kernel was asked. So the kernel's
// randomness makes no difference, and every single outcome can be compared: the
// errno, whether the port may be taken, whether the ports of the first parity
// are all gone before the second begins, which four-tuples there are in which
// state with how much time left.
//
// Foretell runs the same Case on free twins, which know only the plan. What
// they say is a prediction: which connection fails first and when, where the
// second half of the range begins, how many mini-sockets there are.
//
// What both choose at random is compared as distributions, see Choices.
package kerneltest
