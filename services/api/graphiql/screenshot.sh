#!/bin/sh
# Looks at the page with a browser nobody has to sit in front of, against an API that runs:
#   services/api/graphiql/screenshot.sh http://localhost:8000/graphql graphiql.png
# Needs Chromium (Debian: apt-get install chromium).
set -eu

profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT

chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
  --disable-component-update --disable-sync --user-data-dir="$profile" \
  --window-size=1280,800 --hide-scrollbars --virtual-time-budget=10000 --screenshot="${2:-graphiql.png}" "${1:?the address of the page}"
