// Package lacking holds tests that run linger where something is missing: a
// module, a kind of kernel, a right, a layout of control groups. Its test binary
// runs in guests that package vmtest boots for that, and asks the real program,
// which must say by name what is missing and what the reader loses, and must
// still answer what can be answered.
//
// Each test first proves that what it is about is really missing, by other
// means than linger's own.
package lacking
