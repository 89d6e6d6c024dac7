#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds the demo guest: build.sh [OUTPUT [WORK-FOLDER]], relative to this folder. The result depends on nothing but the sources,
# the compiler and the linker; which these were is written beside it, to demo-guest.toolchain.
set -e
export LC_ALL=C
cd "$(dirname "$0")"
output=${1:-demo-guest.elf}
work=${2:-obj}
CC=${CC:-gcc}
LD=${LD:-ld}

mkdir -p "$work"
objects=
for source in *.S *.c; do
	object="$work/${source%.*}.o"
	"$CC" -m32 -march=i686 -std=gnu11 -O2 -ffreestanding -nostdlib -nostdinc -isystem "$("$CC" -print-file-name=include)" \
		-fno-pie -fno-pic -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables \
		-fno-delete-null-pointer-checks -fno-strict-aliasing -fno-common -fno-ident -fno-tree-loop-distribute-patterns \
		-mgeneral-regs-only -mno-sse -mno-mmx \
		-Wall -Wextra -c "$source" -o "$object"
	objects="$objects $object"
done
"$LD" -m elf_i386 -static -nostdlib -s --build-id=none -z noexecstack -z max-page-size=4096 \
	-T demo-guest.lds -o "$output" $objects
chmod 644 "$output"
{ "$CC" --version | head -n 1; "$LD" --version | head -n 1; } > "${output%.elf}.toolchain"
