#!/bin/sh
# Waits until Temporal serves, then makes the namespace and Treeline's search attributes where they are missing.
set -eu
attempts=60
until temporal operator cluster health >/dev/null 2>&1; do
  attempts=$((attempts - 1))
  [ "$attempts" -gt 0 ] || { echo "Temporal does not serve at $TEMPORAL_ADDRESS" >&2; exit 1; }
  sleep 1
done

temporal operator namespace describe >/dev/null 2>&1 || temporal operator namespace create --retention 72h

# A new namespace is known to all of the server's parts only after some seconds.
for name in TreelineRoot TreelineGraph; do
  attempts=60
  until temporal operator search-attribute list 2>/dev/null | grep -qw "$name"; do
    attempts=$((attempts - 1))
    [ "$attempts" -gt 0 ] || { echo "the search attribute $name could not be made" >&2; exit 1; }
    temporal operator search-attribute create --name "$name" --type Keyword || sleep 1
  done
done
