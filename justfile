# What one does every day. `just` alone lists it; every line is also a plain command.

default:
    @just --list --unsorted

# Format everything
fmt:
    cargo fmt

# Lints, as strict as continuous integration
lint:
    cargo clippy --all-targets -- -D warnings

# The core without the AWS SDK: fast
core:
    cargo test --no-default-features

# Everything: format, lints, all tests, the emulated AWS
test:
    ./scripts/test

# Plan, apply and plan on an account in a file
demo:
    ./scripts/demo

# hatrack against an emulated AWS over HTTP; `just emulator quick` breaks fewer requests
emulator *how:
    cargo build
    scripts/emulator-tests target/debug/hatrack {{ how }}

# Rewrite the golden files to what comes out now; read the difference before you commit it
snapshots:
    INSTA_UPDATE=always HATRACK_BLESS=1 cargo test --no-default-features

# The JSON Schema of environment files, for editors
schema:
    cargo run --quiet --no-default-features -- schema

# Licences, advisories and sources of dependencies
deny:
    cargo deny check

# How many requests a plan of a large account takes
bench:
    cargo build
    "$(scripts/emulator-venv)" tests/emulator/counter.py target/debug/hatrack
