# The habits of this project. `make run` and `make test` do all set-up on a fresh Debian 12 with the Swift toolchain.
SHELL := /bin/bash
.DELETE_ON_ERROR:
.PHONY: run test build packages fuzz arm clean

PACKAGES := libopenblas-dev libsqlite3-dev libfaiss-dev libxml2-dev libgomp1 pkg-config python3
PROGRAM := .build/release/radphi-rag
QUESTION ?= What are the CT findings of acute appendicitis?
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

run: build
	$(PROGRAM) ask "$(QUESTION)"

test: build
	swift build -c release --build-tests
	swift test -c release --skip-build
	$(PROGRAM) corpus lint

build: packages
	swift build -c release --product radphi-rag

# Asks Debian only for what is missing, so that a machine without a network stays quiet.
packages:
	@missing=$$(for p in $(PACKAGES); do dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	if [ -n "$$missing" ]; then echo "installing $$missing"; $(SUDO) apt-get update -qq && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends $$missing; fi

# The readers of model files against libFuzzer with AddressSanitizer: make fuzz FUZZ_SECONDS=600
FUZZ_SECONDS ?= 60
fuzz:
	Fuzz/run $(FUZZ_SECONDS)

# The kernels for 64-bit Arm, cross-compiled and checked under emulation.
arm: PACKAGES += gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user
arm: packages
	Tests/Arm/run

clean:
	swift package clean
	rm -rf index
