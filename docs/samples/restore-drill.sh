#!/usr/bin/env bash
# Puts a backup back into a PostgreSQL of its own, and checks every row of it against the public log.
#
#   restore-drill.sh BASE WAL DATABASE HUB [OPTION …]
#
#   BASE       folder of a base backup (pg_basebackup)
#   WAL        folder with the archived WAL since then
#   DATABASE   name of the hub's database in it
#   HUB        address of the hub whose public log it has to agree with: what the log has shown must be there
#   OPTION     of fsck: --keys jwks.json verifies every signature
#
# Runs in the hub's folder, as a user who may read both, with PostgreSQL's programs on the path, of the same major version.
# Started by root, its PostgreSQL runs as DRILL_USER (postgres). It listens on no port, and touches neither the running
# hub nor its database. Exit code: that of fsck.
set -euo pipefail
[[ $# -ge 4 ]] || { sed -n '2,15p' "$0" >&2; exit 2; }
base=$(realpath "$1") wal=$(realpath "$2") database=$3 hub=$4
shift 4
[[ -f $base/PG_VERSION ]] || { echo "$base holds no base backup" >&2; exit 2; }
user=${DRILL_USER:-postgres} as=()
[[ $EUID -ne 0 ]] || as=(setpriv --reuid "$(id -u "$user")" --regid "$(id -g "$user")" --clear-groups)

work=$(mktemp -d)
finish() {
  "${as[@]}" pg_ctl stop -D "$work/data" -m immediate -s >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap finish EXIT

started=$SECONDS
cp -a "$base" "$work/data"
chmod 700 "$work/data"
rm -f "$work/data/postmaster.pid" "$work/data/postgresql.auto.conf" "$work/data/standby.signal"
touch "$work/data/recovery.signal"
# Only this user gets into the folder of the socket, so whoever is there is let in.
echo 'local all all trust' >"$work/hba.conf"
cat >"$work/postgresql.conf" <<END
restore_command = 'cp "$wal/%f" "%p"'
listen_addresses = ''
unix_socket_directories = '$work'
hba_file = '$work/hba.conf'
hot_standby = off
END
echo "Putting back $base …"
[[ $EUID -ne 0 ]] || chown -R "$user": "$work"
(cd "$work" && "${as[@]}" pg_ctl start -D "$work/data" -w -t "${DRILL_SECONDS:-3600}" -s -l "$work/server.log" \
  -o "-c config_file=$work/postgresql.conf") || { tail -n 20 "$work/server.log" >&2; exit 1; }
echo "The database is back after $((SECONDS - started)) s."

status=0
node --import ./src/cli/needs-node.js src/cli/fsck.ts "$hub" --database "postgres://postgres@/$database?host=$work" "$@" || status=$?
echo "Restored and checked in $((SECONDS - started)) s."
exit "$status"
