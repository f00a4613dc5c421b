#!/bin/sh
# Make the parts of Inter again: make.sh PATH_TO/InterVariable.woff2 (pip install fonttools brotli)
set -eu
cd "$(dirname "$0")"
whole=$(mktemp)
fonttools varLib.instancer "$1" wght=400:700 opsz=14 --output "$whole"

part() {
  pyftsubset "$whole" --flavor=woff2 --no-hinting --layout-features=kern,tnum,ccmp,locl \
    --unicodes="$2" --output-file="inter-$1.woff2"
}

part latin "U+20-7E,U+A0-FF,U+131,U+152-153,U+2010-2026,U+202F-203A,U+20AC,U+2122,U+2190-2193,U+2212"
part latin-ext "U+100-130,U+132-151,U+154-17F,U+18F,U+1A0-1A1,U+1AF-1B0,U+1CD-1DC,U+218-21B,\
U+259,U+1E80-1E85,U+1E9E,U+1EA0-1EF9"
part greek "U+384-38A,U+38C,U+38E-3A1,U+3A3-3CE"
part cyrillic "U+400-45F,U+490-493,U+4B0-4B1,U+2116"
rm "$whole"
