# Sourced by the scripts beside it: where the throwaway cluster lives, and how its parts start and stop.

PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PREFIX=/opt/pydra-oar-cluster # the environment, copies of the tests, what `down` needs to know
RUN=$PREFIX/run
ACCOUNT=oaruser # the normal account whose jobs run: never root, never oar
NODES="oarnode1 oarnode2"
SUDOERS=/etc/sudoers.d/pydra-oar-cluster
CONF=/etc/oar/oar.conf
GIVEN_UP=45 # seconds after which a job that can't be killed costs its node; less, and a busy machine loses some

PG_VERSION=15  # Debian 12's
PG_CLUSTER=oar # one of our own, beside a "main" that may exist
PG_PORT=15432

die() {
    echo "cluster: $*" >&2
    exit 1
}

need_root() {
    [ "$(id -u)" = 0 ] || die "this needs root, to start PostgreSQL, OAR and two sshd"
}

alive() { # PIDFILE PROGRAM: does that process live, and is it that program? (A zombie's line is empty.)
    [ -r "$1" ] && grep -qas "$2" "/proc/$(head -n 1 "$1")/cmdline"
}

configure() { # NAME VALUE: a setting of oar.conf, whether it is commented out there or not
    sed -i "s|^#\?$1=.*|$1=\"$2\"|" "$CONF"
    grep -q "^$1=" "$CONF" || echo "$1=\"$2\"" >>"$CONF"
}

gone() { # PIDFILE PROGRAM
    ! alive "$@"
}

wait_until() { # SECONDS WHAT COMMAND…: asks until the command succeeds
    local deadline=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $deadline ] || die "waited in vain for $what"
        sleep 0.1
    done
}

kill_tree() { # PID: that process and all its descendants, at once and for good
    local child
    for child in $(ps -o pid= --ppid "$1"); do
        kill_tree "$child"
    done
    kill -KILL "$1" 2>/dev/null || true
}

kill_job() { # PIDFILE: of OAR's own process on the node, and whose number it still is
    ! alive "$1" OAREXEC || kill_tree "$(cat "$1")"
}

kill_jobs_on() { # NODE: all that runs there, as when the power goes
    local nodefile
    for nodefile in $(grep -lx "$1" /var/lib/oar/[0-9]*[0-9] 2>/dev/null); do
        kill_job "/var/lib/oar/pid_of_oarexec_for_jobId_${nodefile##*/}"
    done
}

database_up() { # asked itself: its pid file may outlive it
    pg_isready -q -h 127.0.0.1 -p "$PG_PORT" >/dev/null 2>&1
}

start_database() {
    pg_ctlcluster --skip-systemctl-redirect "$PG_VERSION" "$PG_CLUSTER" start
}

stop_database() {
    pg_ctlcluster --skip-systemctl-redirect "$PG_VERSION" "$PG_CLUSTER" stop -m fast
}

server_up() {
    alive /run/oar-server.pid Almighty
}

server_answers() {
    (: </dev/tcp/127.0.0.1/6666) 2>/dev/null
}

start_server() {
    # A clean environment: OAR's modules, and the shells they start, inherit this one.
    (cd / && env -i PATH="$PATH" LANG=C.UTF-8 /usr/sbin/oar-server)
    wait_until 20 "the OAR server on port 6666" server_answers
    ps -o sid= -p "$(cat /run/oar-server.pid)" | tr -d ' ' >"$RUN/server.session"
}

stop_server() {
    if server_up; then
        kill "$(cat /run/oar-server.pid)"
        wait_until 20 "the OAR server's end" gone /run/oar-server.pid Almighty
    fi
    if [ -e "$RUN/server.session" ]; then # what it left: it has a session of its own
        pkill -KILL -s "$(cat "$RUN/server.session")" || true
        rm "$RUN/server.session"
    fi
}

node_up() { # NODE
    alive "$RUN/sshd-$1.pid" sshd
}

address_of() { # oarnode1 is 127.0.0.2, oarnode2 is 127.0.0.3
    echo "127.0.0.$((${1#oarnode} + 1))"
}

start_node() {
    mkdir -p /run/sshd
    /usr/sbin/sshd -f /etc/oar/sshd_config -E "$RUN/sshd-$1.log" \
        -o ListenAddress="$(address_of "$1")" -o PidFile="$RUN/sshd-$1.pid"
    wait_until 10 "the sshd of $1" node_up "$1"
}

stop_node() {
    node_up "$1" || return 0
    kill "$(cat "$RUN/sshd-$1.pid")"
    wait_until 10 "the end of the sshd of $1" gone "$RUN/sshd-$1.pid" sshd
}
