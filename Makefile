# The commands of this package. `make help` names them.

APP ?= Hello

.PHONY: help run test check cgi bench bench-sessions bench-forms fuzz guides clean

help:
	@echo "make run             start Hello behind a real nginx and print its URL; Ctrl-C stops both"
	@echo "make run APP=Conformance    another example"
	@echo "make test            run all tests"
	@echo "make check           format lint, build without warnings, tests: what CI does"
	@echo "make cgi APP=Hello   one static file for CGI on any Linux"
	@echo "make bench           measure against a C libfcgi loop"
	@echo "make bench-sessions  measure pages with sessions, ours beside PHP-FPM's, BlackSheep's and Spiderweb's"
	@echo "make bench-forms     measure forms and uploads beside PHP-FPM"
	@echo "make fuzz            fuzz the parsers, a minute each; TIME=600 TARGET=query: ten minutes of one"
	@echo "make guides          follow the guides of docs/ on a clean Debian; as root. GUIDE=nginx: one of them"
	@echo "make clean           remove what was built"
	@echo "What is missing of tools and libraries is installed with apt."

# What an example needs besides.
needs_Guestbook = sqlite

run:
	@scripts/install.sh swift libfcgi zlib pkg-config nginx $(needs_$(APP))
	@exec scripts/run.sh $(APP)

test:
	@scripts/install.sh swift libfcgi zlib sqlite pkg-config nginx apache2-bin libapache2-mod-fcgid libapache2-mod-xsendfile \
		lighttpd lighttpd-mod-openssl openssl caddy fcgiwrap spawn-fcgi systemd-analyze strip python3 python3-venv chromium chromedriver
	@scripts/python.sh
	@# The program that is uploaded to shared hosts, which tests start as it is.
	@scripts/cgi.sh Counter
	swift build --build-tests
	@# All at once they would be seven hundred threads, and what waits for a browser would wait too long.
	SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=6 swift test --skip-build --disable-xctest

check:
	@scripts/install.sh swift
	swift format lint --strict --recursive Package.swift Sources Tests Examples Benchmarks Fuzzing
	WARNINGS_AS_ERRORS=1 $(MAKE) --no-print-directory test

cgi:
	@scripts/install.sh swift libfcgi zlib pkg-config strip $(needs_$(APP))
	@scripts/cgi.sh $(APP)

bench:
	@scripts/install.sh swift libfcgi zlib pkg-config nginx cc
	swift build -c release --static-swift-stdlib --package-path Benchmarks
	Benchmarks/.build/release/Benchmark --quick

# For example: make bench-sessions BENCH="--session-files 10000,1000000"
BENCH ?= --quick

bench-sessions:
	@scripts/install.sh swift libfcgi zlib pkg-config nginx cc php-fpm python3 python3-venv
	@scripts/rivals.sh
	swift build -c release --static-swift-stdlib --package-path Benchmarks
	Benchmarks/.build/release/Benchmark --sessions $(BENCH)

bench-forms:
	@scripts/install.sh swift libfcgi zlib pkg-config nginx cc php-fpm
	swift build -c release --static-swift-stdlib --package-path Benchmarks
	Benchmarks/.build/release/Benchmark --forms $(BENCH)

fuzz:
	@scripts/install.sh swift libfcgi zlib pkg-config g++
	@TIME="$(TIME)" TARGET="$(TARGET)" scripts/fuzz.sh

guides:
	@scripts/install.sh swift libfcgi zlib pkg-config strip debootstrap systemd-nspawn
	@scripts/guides.sh $(GUIDE)

clean:
	rm -rf .build Benchmarks/.build Fuzzing/.build
