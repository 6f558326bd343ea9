#!/bin/sh
# An engine that builds nothing: it speaks the language of docker, podman or buildah, by the name under which it is
# called, and remembers in $FAKE what it was asked for and what it has made.
#
# An "image" is the Dockerfile and the files of the context below /app. $FAKE_FAILS_ON: builds of files with this
# text fail. $FAKE_LOSES_ON: images of files with this text lack /app/app.py. $FAKE_LACKS: the base image that is not
# to be had. $FAKE_HANGS: the command that never ends.

engine=${0##*/}
echo "$engine $*" >>"$FAKE/calls"

hang() {
    if [ "${FAKE_HANGS:-}" = "$1" ]; then
        touch "$FAKE/hangs"
        sleep 1000
    fi
}

has() {
    [ -n "$1" ] && grep -q -- "$1" "$file"
}

# The steps of the file, as the engine prints them.
steps() {
    total=$(grep -cE '^(RUN|COPY|WORKDIR)' "$file")
    number=0
    grep -E '^(RUN|COPY|WORKDIR)' "$file" | while read -r line; do
        number=$((number + 1))
        case $engine in
        docker) echo "#$((number + 4)) [$number/$total] $line" >&2 ;;
        *) echo "STEP $number/$total: $line" ;;
        esac
        # What comes before the copy of the context is cached, unless the cache is not wanted.
        if [ -z "$afresh" ] && ! has_copied; then
            case $engine in
            docker) echo "#$((number + 4)) CACHED" >&2 ;;
            *) echo "--> Using cache 0123456789ab" ;;
            esac
        fi
    done
}

has_copied() {
    case $line in *'COPY . .'*) touch "$FAKE/copied" ;; esac
    [ -e "$FAKE/copied" ]
}

build() {
    afresh='' output='' tag=''
    while [ $# -gt 1 ]; do
        case $1 in
        --tag) tag=$2 && shift ;;
        --file) file=$2 && shift ;;
        --no-cache) afresh=yes ;;
        --output=-) output=yes ;;
        esac
        shift
    done
    context=$1
    hang build
    if [ -n "$output" ]; then
        tar -C "$FAKE/images/$(sed -n 's/^FROM //p' "$file" | tr / _)/root" -cf - .
        return
    fi
    rm -f "$FAKE/copied"
    if has "FROM ${FAKE_LACKS:-nothing}"; then
        echo "ERROR: failed to resolve source metadata for docker.io/library/$FAKE_LACKS: no such host" >&2
        exit 1
    fi
    steps
    if has "${FAKE_FAILS_ON:-}"; then
        echo "ERROR: process did not complete successfully: exit code: 1" >&2
        exit 1
    fi
    image=$FAKE/images/$(echo "$tag" | tr / _)
    mkdir -p "$image/root/app"
    cp "$file" "$image/Dockerfile"
    cp "$context"/* "$image/root/app/"
    has "${FAKE_LOSES_ON:-}" && rm "$image/root/app/app.py"
    return 0
}

# The configuration of an image, with what the last USER and CMD say.
config() {
    image=$FAKE/images/$(echo "$1" | tr / _)
    [ -d "$image" ] || { echo "no such image: $1" >&2; exit 1; }
    user=$(sed -n 's/^USER //p' "$image/Dockerfile" | tail -n 1)
    cmd=$(sed -n 's/^CMD //p' "$image/Dockerfile" | tail -n 1)
    echo "{\"User\": \"$user\", \"Cmd\": ${cmd:-null}, \"WorkingDir\": \"/app\"}"
}

case $1 in
version) hang version; echo 28.0.0 ;;
--version) echo "$engine version 28.0.0 (fake)" ;;
info) ;;
buildx) shift; [ "$1" = version ] || { shift; build "$@"; } ;;
build) shift; build "$@" ;;
image)
    case $2 in
    inspect)
        config=$(config "$3") || exit 1
        echo "[{\"Config\": $config, \"Size\": 1000000, \"RootFS\": {\"Layers\": [\"a\", \"b\"]}}]"
        ;;
    rm) rm -r "$FAKE/images/$(echo "$4" | tr / _)" ;;
    esac
    ;;
inspect) echo "{\"Docker\": {\"config\": $(config "$3"), \"rootfs\": {\"diff_ids\": [\"a\"]}}}" ;;
create) # --name NAME --label LABEL IMAGE WORDS
    echo "$6" >"$FAKE/containers/$3"
    shift 6
    echo "$*" >"$FAKE/words"
    ;;
from) echo "$5" >"$FAKE/containers/$4" ;;
export) tar -C "$FAKE/images/$(tr / _ <"$FAKE/containers/$2")/root" -cf - . ;;
start | run)
    hang run
    [ "$1" = run ] && { shift 3; echo "$*" >"$FAKE/words"; }
    echo "ran $(cat "$FAKE/words")"
    ;;
rm) for last; do :; done; rm "$FAKE/containers/$last" ;;
rmi) rm -r "$FAKE/images/$(echo "$3" | tr / _)" ;;
*) echo "$engine: what is $1?" >&2; exit 1 ;;
esac
