#!/usr/bin/env bash
# Property-based tests of the whole HTTP surface against its own document: Schemathesis (schemathesis.readthedocs.io)
# sends what /openapi.json allows, what it forbids and what follows from earlier answers, and holds every answer
# against the document. Once as a user, once as an administrator, on a server and data of its own; fails on any
# failure. Everything is under one temporary folder. SCHEMATHESIS names an installed `st` to use instead.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
# Given, so that a run repeats. A whole one takes about two minutes on two cores.
seed=${SCHEMATHESIS_SEED:-20}
examples_user=25
examples_administrator=12

work=$(mktemp -d "${TMPDIR:-/tmp}/groundswell-schemathesis.XXXXXX")
server=
cleanup() {
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

install_schemathesis() {
  [ -n "${SCHEMATHESIS:-}" ] && return
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet --disable-pip-version-check \
    --requirement "$root/test/schemathesis/requirements.txt"
  SCHEMATHESIS="$work/venv/bin/st"
}

start_server() {
  GROUNDSWELL_RATE_LIMITS=off GROUNDSWELL_LOG_FORMAT=json node "$root/dist/src/main.js" serve \
    --data "$work/data" --port 0 >"$work/log" 2>&1 &
  server=$!
  for _ in $(seq 300); do
    url=$(grep -o 'http://[0-9.]*:[0-9]*' "$work/log" | head -n 1 || true)
    [ -n "$url" ] && curl --silent --fail --output /dev/null "$url/health/ready" && return
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  cat "$work/log" >&2
  echo "the server did not start" >&2
  exit 1
}

# The document is valid by itself.
validate_document() {
  curl --silent --fail "$url/openapi.json" >"$work/openapi.json"
  "$(dirname "$SCHEMATHESIS")/openapi-spec-validator" "$work/openapi.json"
}

# test_as <role> <examples of each operation>: a new account of that role sends everything.
test_as() {
  local role=$1 examples=$2 failed=0
  node "$root/dist/src/main.js" admin create-user "st_$role" --role "$role" --password-stdin --data "$work/data" \
    <<<'a good long one' >/dev/null
  echo "as $role:"
  (
    cd "$work" # It keeps what it found in the folder it runs in.
    export SCHEMATHESIS_HOOKS="$root/test/schemathesis/hooks.py" PYTHONDONTWRITEBYTECODE=1
    export GROUNDSWELL_URL="$url" GROUNDSWELL_USERNAME="st_$role" GROUNDSWELL_PASSWORD='a good long one'
    "$SCHEMATHESIS" --config-file "$root/test/schemathesis/schemathesis.toml" run "$url/openapi.json" \
      --seed "$seed" --max-examples "$examples" "${@:3}"
  ) >"$work/$role.out" 2>&1 || failed=1
  if [ "$failed" = 1 ]; then cut -c 1-1000 "$work/$role.out"; else sed -n "/= SUMMARY =/,\$p" "$work/$role.out"; fi
  return "$failed"
}

install_schemathesis
start_server
validate_document
failures=0
test_as user "$examples_user" "$@" || failures=1
test_as administrator "$examples_administrator" "$@" || failures=1
if grep -q '"msg":"request failed"' "$work/log"; then
  grep '"msg":"request failed"' "$work/log" >&2
  failures=1
fi
kill -0 "$server" || failures=1
exit "$failures"
