# Everything routine is a plain go command; these are the long ones.
.PHONY: help build test kernel-test test-kernels build-kernels fuzz bench generate

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

build: ## static binaries for amd64 and arm64 under dist/
	CGO_ENABLED=0 GOARCH=amd64 go build -trimpath -ldflags=-s -o dist/linger-amd64 ./cmd/linger
	CGO_ENABLED=0 GOARCH=arm64 go build -trimpath -ldflags=-s -o dist/linger-arm64 ./cmd/linger

test: ## all that CI runs
	bash .ci/test

kernel-test: ## only the tests that need root and a kernel
	go test -count=1 -run 'TestKernel' ./...

# Neither QEMU nor fetching kernels needs root, but installing QEMU does. It ends
# with an error if it had to skip: nothing was tested then.
# The second pass, with two processors in real time, is for races.
RACES := netlab,netlab-capture,netlab-rawpeer,observe-sockdiag,workload
KERNELS ?= 5.10,6.1,6.12,6.18,newest
test-kernels: ## kernel tests and claims on Debian's kernels, in QEMU; KERNELS= chooses
	@command -v qemu-system-x86_64 >/dev/null || [ "$$(id -u)" != 0 ] || \
	DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends qemu-system-x86
	go run ./internal/vmtest/run -kernels $(KERNELS)
	go run ./internal/vmtest/run -kernels $(KERNELS) -real -limit 5m -programs $(RACES)

# HZ 100 without BPF, HZ 1000 without BTF: Debian has no such kernels. Once
# built they are in the cache, and test-kernels uses them.
build-kernels: ## build the two kernels that test-kernels cannot fetch, and test there
	@[ "$$(id -u)" != 0 ] || DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
	qemu-system-x86 make gcc libc6-dev flex bison bc xz-utils
	go run ./internal/vmtest/run -kernels 5.10,6.1 -build -programs lacking -guests hz-100,hz-1000

FUZZTIME ?= 30s
fuzz: ## each fuzz target for FUZZTIME
	@go test -list '^Fuzz' ./... | awk '/^Fuzz/ {t[++n]=$$1} /^ok/ {for (i=1;i<=n;i++) print $$2, t[i]; n=0}' | \
	while read -r pkg target; do go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) "$$pkg" || exit 1; done

bench: ## linger beside ss and netstat, as docs/benchmarks.md shows
	go run ./bench

generate: ## files that are made from others
	go generate ./...
