package tracer

//go:generate go tool bpf2go -tags linux -cc clang -strip llvm-strip -type process -type counts -output-stem bpf bpf trace.c -- -mcpu=v3 -O2 -g -Wall -Wextra -Werror
