#!/bin/sh
# Brings Temporal's two databases to the schema of this image's version. May be run again: what is there is left.
set -eu
update() {
  temporal-sql-tool --database "$1" setup-schema --version 0.0
  temporal-sql-tool --database "$1" update-schema --schema-name "$2"
}
update temporal postgresql/v12/temporal
update temporal_visibility postgresql/v12/visibility
