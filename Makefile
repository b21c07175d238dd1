# uprofile - user profiles inside PostgreSQL
#
#   make, make install, make installcheck    as with every PGXS extension (PG_CONFIG=… chooses the server)
#   make demo [DATA=online_retail.csv.gz]    sets up what is missing, then shows a shop's profiles
#   make test                                sets up what is missing, then runs every test
#   make test-long                          the scripts of test/t by every number of workers, and cancelled more often
#   make specs-long                          the comparisons with scikit-learn on all folds, seeds and draws
#   make bench                               the same work done by uprofile and by its peers
#   make storm SEEDS="1 2 3"                 odd arguments, forged models, kills, random sources, meetings: long
#   make sanitize                            the regression tests and a storm in a server whose extension is built with
#                                            ASan and UBSan (a copy of the server; some minutes, for every night)
#   make check-core                          src/core without PostgreSQL, its unit tests, also under ASan and UBSan
#   make check-core-arm64                    the same, plain, built for arm64 and run by qemu
#   make test-versions                       all tests on PostgreSQL 15, 17 and 18, with three gccs and clangs, in chroots: long
#   make test-upgrades                       a cluster of 15 carried to 17 and 18, by pg_upgrade and by dumps, in a chroot
#   make test-package                        the Debian package, installed and used in a bare chroot; make dist
#   make test-docker                         the Dockerfile's image, built by buildah and used
#   make dist                                uprofile-….tar.gz and .zip of the last commit, in build/
#   make docs                                writes docs/reference.md out of the comments of the extension
#   make format, format-check, lint          the style of the C files; rules that a script can check
#
# WERROR=1 turns warnings into errors (continuous integration only).

# ---- one at a time -------------------------------------------------------------------------------------------------

# Whoever builds waits for another make in this tree, or refuses. Those that only start scripts leave it to the makes
# that these call; what a make calls is covered by it.
UNLOCKED = demo test test-versions test-upgrades test-package test-docker dist test-long specs-long bench storm sanitize format format-check lint
ifneq ($(filter-out $(UNLOCKED),$(or $(MAKECMDGOALS),all)),)
ifeq ($(findstring n,$(filter-out --%,$(firstword -$(MAKEFLAGS)))),)
ifneq ($(UP_LOCKED),$(CURDIR))
ifneq ($(shell test/lock-tree $$PPID),)
$(error another make builds in this tree, still)
endif
export UP_LOCKED := $(CURDIR)
endif
endif
endif

EXTENSION = uprofile uprofile_vector
MODULE_big = uprofile
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'.*/\1/p" $(dir $(firstword $(MAKEFILE_LIST)))uprofile.control)

CORE_SOURCES := $(sort $(wildcard src/core/*/*.c src/core/*/*/*.c))
PG_SOURCES := $(sort $(wildcard src/pg/*.c src/pg/*/*.c))
OBJS = $(CORE_SOURCES:.c=.o) $(PG_SOURCES:.c=.o)

VERSION_SCRIPT = sql/uprofile--$(EXTVERSION).sql
SCRIPT_TABLES = src/core/learn/learners.list src/core/assess/metrics.list
SCRIPT_PARTS := $(sort $(wildcard sql/parts/*.sql))
# DATA=… on the command line is the user's file for the demo; PGXS means the upgrade scripts by that name.
DEMO_DATA := $(if $(filter command environment,$(firstword $(origin DATA))),$(DATA))
override DATA := $(wildcard sql/uprofile--*--*.sql sql/uprofile_vector--*.sql)
DATA_built = $(VERSION_SCRIPT)

# pg_regress reads test/sql/x.sql and expected/x.out.
REGRESS = $(patsubst test/sql/%.sql,%,$(sort $(wildcard test/sql/*.sql)))
REGRESS_OPTS = --inputdir=test --load-extension=uprofile

EXTRA_CLEAN = $(OBJS:.o=.d) build results regression.diffs regression.out

STRICT = -Werror=implicit-function-declaration -Werror=vla
CORE_CFLAGS = -std=gnu11 -O3 -Wno-declaration-after-statement
CORE_WARNINGS = -Wall -Wextra
ifdef WERROR
CORE_WARNINGS += -Werror
# The server's own headers are not clean under -Wextra.
PG_WARNINGS = -Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers
endif

PG_CPPFLAGS = -MMD -MP -Isrc -Isrc/core
PG_CFLAGS = -std=gnu11 $(STRICT)
SHLIB_LINK = -lm
SHLIB_EXPORTS = src/pg/exports.txt

# Everything is called by its address: bitcode for inlining into queries would gain nothing.
override with_llvm := no

# ---- with PostgreSQL's headers: PGXS -------------------------------------------------------------------------------

ifndef PG_CONFIG
PG_CONFIG := $(shell test/cluster pg-config)
endif
PGXS := $(if $(PG_CONFIG),$(wildcard $(shell $(PG_CONFIG) --pgxs)))

ifneq ($(PGXS),)
include $(PGXS)

ifneq ($(shell grep '^.define USE_ASSERT_CHECKING' $(includedir_server)/pg_config.h),)
override CPPFLAGS += -DUP_ASSERTIONS
endif
src/core/%.o: override CFLAGS += $(CORE_CFLAGS) $(CORE_WARNINGS) -fvisibility=hidden
src/pg/%.o: override CFLAGS += $(PG_WARNINGS)
$(OBJS): Makefile

-include $(wildcard $(OBJS:.o=.d))
# The unit tests run what is installed.
plain_CORE = $(CORE_SOURCES:.c=.o)
else
plain_CORE = $(patsubst %.c,build/plain/%.o,$(CORE_SOURCES))
CC ?= cc

all install uninstall installcheck:
	@echo "No pg_config with server headers was found. Name one with PG_CONFIG=/path/to/pg_config, or install"
	@echo "the headers (Debian: postgresql-server-dev-NN; test/install-packages does it)."
	@exit 1

clean:
	rm -f $(OBJS) uprofile.so $(VERSION_SCRIPT)
	rm -rf $(EXTRA_CLEAN)

.PHONY: all install uninstall installcheck clean
endif

.DEFAULT_GOAL := all

# The directory is a prerequisite too, so that a part that is taken away counts as a change.
$(VERSION_SCRIPT): $(SCRIPT_TABLES) $(SCRIPT_PARTS) sql/generate.awk sql/parts uprofile.control
	awk -f sql/generate.awk $(SCRIPT_TABLES) $(SCRIPT_PARTS) > $@.new && mv $@.new $@

# ---- on a fresh machine --------------------------------------------------------------------------------------------

demo:
	@test/cluster prepare
	@DATA='$(DEMO_DATA)' UP_PREPARED=1 demo/run

test:
	@test/run

test-long:
	@UP_LONG=1 UP_TEST_TIMEOUT=7200 test/run t

specs-long:
	@UP_LONG=1 UP_TEST_TIMEOUT=7200 test/run specs

test-versions:
	@env -u MAKEFLAGS -u MAKEOVERRIDES test/versions $(VERSIONS)

test-upgrades:
	@env -u MAKEFLAGS -u MAKEOVERRIDES test/upgrades

test-package:
	@env -u MAKEFLAGS -u MAKEOVERRIDES test/package

test-docker:
	@env -u MAKEFLAGS -u MAKEOVERRIDES test/docker

bench:
	@test/cluster prepare
	@UP_PREPARED=1 bench/run

# Without MAKEFLAGS: up_prepare calls make again, for another server.
SEEDS ?= 1

storm:
	@env -u MAKEFLAGS -u MAKEOVERRIDES test/storm/run $(SEEDS)

sanitize:
	@env -u MAKEFLAGS -u MAKEOVERRIDES test/sanitize

# ---- core alone ----------------------------------------------------------------------------------------------------

UNIT_TESTS := $(sort $(wildcard test/unit/test_*.c))
UNIT_FLAGS = -std=gnu11 -g1 $(STRICT) $(CORE_WARNINGS) -Wno-declaration-after-statement -Isrc/core -Itest/unit -MMD -MP
PLAIN_FLAGS = -O3
ASAN_FLAGS = -DUP_ASSERTIONS -Og -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
plain_OBJS := $(plain_CORE) build/plain/test/unit/platform_libc.o
asan_OBJS := $(patsubst %.c,build/asan/%.o,$(CORE_SOURCES) test/unit/platform_libc.c)
plain_TESTS := $(patsubst test/unit/%.c,build/plain/%,$(UNIT_TESTS))
asan_TESTS := $(patsubst test/unit/%.c,build/asan/%,$(UNIT_TESTS))

# Links in half the time, where it is there.
UNIT_LINKER := $(if $(shell command -v ld.gold),-fuse-ld=gold)

# What is tested is compiled as it is installed; the tests themselves are not what takes the time.
build/plain/test/unit/%.o: PLAIN_FLAGS = -O1
# Its loops take longer under sanitizers than to optimize them does.
build/asan/src/core/num/vec_nearest.o: ASAN_FLAGS += -O2

build/plain/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(UNIT_FLAGS) $(PLAIN_FLAGS) -c -o $@ $<

build/asan/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(UNIT_FLAGS) $(ASAN_FLAGS) -c -o $@ $<

build/plain/libcore.a: $(plain_OBJS)
build/asan/libcore.a: $(asan_OBJS)
build/%/libcore.a:
	@rm -f $@
	ar rcs $@ $^

$(plain_TESTS): build/plain/test_%: build/plain/test/unit/test_%.o build/plain/libcore.a
	$(CC) $(UNIT_LINKER) -o $@ $^ -lm

$(asan_TESTS): build/asan/test_%: build/asan/test/unit/test_%.o build/asan/libcore.a
	$(CC) $(UNIT_LINKER) -fsanitize=address,undefined -o $@ $^ -lm

build-core: $(plain_TESTS) $(asan_TESTS)

build-core-plain: $(plain_TESTS)

check-core:
	@$(MAKE) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j2) -ks build-core; true
	@test/check-core plain asan

# Another processor's: linked statically, since its C library's files are not where the emulator looks.
ARM64_CC ?= aarch64-linux-gnu-gcc
arm64_OBJS := $(patsubst %.c,build/arm64/%.o,$(CORE_SOURCES) test/unit/platform_libc.c)
arm64_TESTS := $(patsubst test/unit/%.c,build/arm64/%,$(UNIT_TESTS))

build/arm64/%.o: %.c
	@mkdir -p $(@D)
	$(ARM64_CC) $(UNIT_FLAGS) $(PLAIN_FLAGS) -c -o $@ $<

build/arm64/libcore.a: $(arm64_OBJS)

$(arm64_TESTS): build/arm64/test_%: build/arm64/test/unit/test_%.o build/arm64/libcore.a
	$(ARM64_CC) -static -o $@ $^ -lm

build-core-arm64: $(arm64_TESTS)

check-core-arm64:
ifeq ($(shell command -v $(ARM64_CC)),)
	@echo "skip check-core-arm64: there is no $(ARM64_CC) (package gcc-aarch64-linux-gnu; ARM64_CC names another one)"
else
	@$(MAKE) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j2) -ks build-core-arm64; true
	@test/check-core arm64
endif

-include $(wildcard $(plain_OBJS:.o=.d) $(asan_OBJS:.o=.d) $(arm64_OBJS:.o=.d))
-include $(wildcard $(patsubst %,build/%/test/unit/*.d,plain asan arm64))

# ---- style ---------------------------------------------------------------------------------------------------------

C_FILES = $(sort $(wildcard src/*/*.[ch] src/*/*/*.[ch] src/*/*/*/*.[ch] test/unit/*.[ch] bench/*/*.[ch]))
CLANG_FORMAT ?= $(firstword $(shell command -v clang-format-14 clang-format) clang-format)

format:
	$(CLANG_FORMAT) -i $(C_FILES)

format-check:
	@printf '%s\n' $(C_FILES) | xargs -P 2 -n 64 $(CLANG_FORMAT) --dry-run --Werror

# The reference follows the install script; test/t/docs.sh compares.
docs:
	perl docs/make-reference $(SCRIPT_PARTS) > docs/reference.md.new && mv docs/reference.md.new docs/reference.md

# The same bytes whoever makes it, where and when: times and rights are the commit's.
COMMIT ?= HEAD
DIST ?= build
dist_name = uprofile-$(EXTVERSION)

dist:
	@mkdir -p $(DIST)
	@git -c tar.umask=0022 archive --format=tar --prefix=$(dist_name)/ $(COMMIT) | gzip -9n >$(DIST)/$(dist_name).tar.gz
	@TZ=UTC git archive --format=zip -9 --prefix=$(dist_name)/ -o $(DIST)/$(dist_name).zip $(COMMIT)

lint:
	@for t in test/t/lint_*.sh; do bash "$$t" || exit 1; done

.PHONY: demo test test-versions test-upgrades test-package test-docker test-long specs-long bench storm sanitize build-core build-core-plain check-core check-core-arm64
.PHONY: docs dist format format-check lint
