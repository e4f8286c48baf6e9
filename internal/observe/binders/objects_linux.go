package binders

//go:generate go tool bpf2go -tags linux -cc clang -strip llvm-strip -type holder_key -type holder -type bucket -type port_use -type result -type wanted -output-stem bpf bpf holders.c -- -mcpu=v3 -O2 -g -Wall -Wextra -Werror
