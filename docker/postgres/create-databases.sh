#!/bin/sh
# Run once, when the data volume is new: each program gets a role and databases of its own, and cannot enter the other's.
set -eu
psql --username postgres --set ON_ERROR_STOP=1 \
  --set treeline_password="$TREELINE_DB_PASSWORD" --set temporal_password="$TEMPORAL_DB_PASSWORD" <<'SQL'
create role treeline login password :'treeline_password';
create role temporal login password :'temporal_password';
create database treeline owner treeline;
create database temporal owner temporal;
create database temporal_visibility owner temporal;
revoke connect on database treeline, temporal, temporal_visibility from public;
SQL
