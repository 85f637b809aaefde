#!/bin/bash
# layers_test.sh SOURCE BUILD: checks that each layer can include what it may include, and nothing else.
#
# For each layer, takes the command that compiles one of its files from compile_commands.json, and tries it on one #include
# at a time. The tables below are the expected results. They repeat CMakeLists.txt on purpose instead of being derived
# from it.
set -euo pipefail
export LC_ALL=C

source=$1
build=$2

# pki issues certificates, so nothing that the proxy consists of may include it. The bench driver links demo for its toy
# servers, but nothing below demo may.
declare -A may_include=(
    [base]='base'
    [log]='base log'
    [buffer]='base buffer'
    [net]='base buffer net'
    [tls]='base buffer tls'
    [protocol]='base protocol'
    [config]='base config'
    [session]='base log buffer net tls protocol config session'
    [proxy]='base log buffer net tls protocol config session proxy'
    [pki]='base buffer tls pki'
    [demo]='base log buffer net tls protocol config session proxy pki demo'
    [cli]='base log buffer net tls protocol config session proxy pki demo cli'
)
layers='base log buffer net tls protocol config session proxy pki demo cli'

declare -A may_be_included_by=(
    [uv.h]='net'
    [openssl/ssl.h]='tls pki'
    [openssl/base.h]='tls pki'
    [openssl/evp.h]='tls pki'
    [openssl/x509.h]='tls pki'
    [ssl/internal.h]='tls pki'
    [yaml-cpp/yaml.h]='config'
    [CLI/CLI.hpp]='cli'
    [expat.h]='protocol'
    [fmt/core.h]='base log net tls protocol config session proxy demo cli'
    [nlohmann/json.hpp]='log demo cli'
)

contains() { [[ " $1 " == *" $2 "* ]]; }

# Prints the command that compiles a file of layer $1, without the file and the output.
command_of() {
    local line
    line=$(grep -F -m1 -- " -c $source/src/$1/" "$build/compile_commands.json") || return 1
    line=${line#*\"command\": \"}
    line=${line%% -o *}
    line=${line//\\\"/\"}
    printf '%s' "${line//\\\\/\\}"
}

# Whether the command $1 finds #include <$2>. Sets $said to the compiler's output.
finds() {
    said=$(cd "$build" && printf '#include %s\n' "$2" | eval "$1 -E -x c++ -o /dev/null -" 2>&1)
}

allowed=0
refused=0
wrong=0

# check LAYER COMMAND INCLUDE yes|no
check() {
    local found=no
    if finds "$2" "$3"; then found=yes; fi
    if [ "$found" != "$4" ]; then
        echo "$1 includes $3: found: $found, expected: $4" >&2
        echo "$said" | head -5 >&2
        wrong=$((wrong + 1))
    elif [ "$found" = yes ]; then
        allowed=$((allowed + 1))
    elif [[ $said == *'not for this layer'* || $said == *'No such file'* || $said == *'file not found'* ]]; then
        refused=$((refused + 1))
    else
        echo "$1 includes $3: refused for another reason: $said" >&2
        wrong=$((wrong + 1))
    fi
}

for folder in "$source"/src/*/; do
    contains "$layers" "$(basename "$folder")" || { echo "$folder is in no table of $0" >&2; wrong=$((wrong + 1)); }
done

# A path relative to the including file would bypass the include roots.
if grep -rnE --include='*.cc' --include='*.h' '#include "(\.|[^/"]*")' "$source/src"; then
    echo 'start the path of an #include with the layer: "net/loop.h"' >&2
    wrong=$((wrong + 1))
fi

for layer in $layers; do
    command=$(command_of "$layer") || { echo "$layer: no code"; continue; }
    for other in $layers; do
        for header in "$source/src/$other"/*.h; do
            [ -e "$header" ] || continue
            if contains "${may_include[$layer]}" "$other"; then expected=yes; else expected=no; fi
            check "$layer" "$command" "\"$other/$(basename "$header")\"" $expected
            break
        done
    done
    for header in "${!may_be_included_by[@]}"; do
        if contains "${may_be_included_by[$header]}" "$layer"; then expected=yes; else expected=no; fi
        check "$layer" "$command" "<$header>" $expected
    done
done

echo "$allowed includes found as they should be, $refused refused as they should be, $wrong wrong"
[ "$wrong" = 0 ] && [ "$allowed" -gt 0 ] && [ "$refused" -gt 0 ]
