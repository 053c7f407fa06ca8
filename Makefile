# Waypost. `make run` serves the example zones; `make test` runs everything; `make help` lists the rest.
.DEFAULT_GOAL := help
.PHONY: help run demo test check bench build clean format

BIN := dist/src/cli/main.js
INSTALLED := node_modules/.package-lock.json
# Node's own headers, where they stand beside it: then compiling better-sqlite3 downloads nothing.
NODE_HOME := $(shell node -p 'const {dirname, join} = require("path"), home = dirname(dirname(fs.realpathSync(process.execPath))); fs.existsSync(join(home, "include/node/node.h")) ? home : ""' 2>/dev/null)

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: build ## install, build, and serve the example zones on 127.0.0.1:5300 (Ctrl-C ends it)
	@node $(BIN) serve -c zones/waypost.toml

demo: build ## install, build, and watch a host die and come back: three web servers, a server and a monitor (Ctrl-C ends it)
	@node $(BIN) demo

test: check ## install, build, check, and run every test
	@node_modules/.bin/mocha --config test/mocha.json 'dist/test/**/*.test.js' 'dist/test/**/*.fuzz.js'

check: build ## types, lint, format, floors
	@node_modules/.bin/biome check --config-path=test/lint/lint.json
	@node_modules/.bin/mocha --config test/mocha.json --reporter dot 'dist/test/layout/**/*.test.js'

bench: build ## side by side with the peers that are installed
	@node dist/test/bench/main.js

build: $(INSTALLED) ## install and compile to dist/
	@echo 'compiling'
	@node_modules/.bin/tsc -p tsconfig.json

$(INSTALLED): package.json package-lock.json
	@echo 'installing packages (better-sqlite3 may be compiled: one to three minutes)'
	@$(if $(NODE_HOME),npm_config_nodedir=$(NODE_HOME)) npm ci --no-audit --no-fund
	@touch $@

format: $(INSTALLED) ## put every file into the house format
	@node_modules/.bin/biome check --write --config-path=test/lint/lint.json

clean: ## remove what was built and served (not node_modules)
	rm -rf dist data coverage
