#!/bin/bash
# Unpacks the archive beside this script and runs a command of it on the graphics card of this machine.
# Usage: run.sh <folder to unpack into> table <folder for results> [steps] [edges]
#        run.sh <folder to unpack into> step <options as JSON, see step.ts>
#        run.sh <folder to unpack into> earthmorph <arguments>
set -e
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
what=$2
shift 2
if [ ! -e "$folder/node" ]; then
  mkdir -p "$folder"
  python3 -c 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])' \
    "$here/earthmorph-gpu.tar.xz" "$folder"
  # The scans travel without their own compression.
  if [ -e "$folder/data" ]; then find "$folder/data" -name '*.nii' -exec gzip -1 {} +; fi
fi
# Loaders that are missing here.
for pair in libvulkan.so.1:loaders libX11.so.6:windows; do
  if ! ldconfig -p | grep -q "${pair%:*}"; then
    libraries=$(dirname "$(find "$folder/${pair#*:}" -name "${pair%:*}" | head -1)")
    export LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  fi
done
# Where containers keep the driver's description, which the loader does not look for.
driver=/usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json
if [ -z "$VK_DRIVER_FILES" ] && [ -e $driver ] && [ ! -e /usr/share/vulkan/icd.d ] && [ ! -e /etc/vulkan/icd.d ]; then
  export VK_DRIVER_FILES=$driver
fi
case $what in
  table) mkdir -p "$1" && exec "$folder/node" "$folder/dist/table.js" "$folder/dist/step.js" "$folder/pytorch_step.py" "$@" ;;
  step) exec "$folder/node" "$folder/dist/step.js" "$@" ;;
  earthmorph) exec "$folder/node" "$folder/dist/cli.js" "$@" ;;
  *) echo "$0: $what is none of table, step and earthmorph" >&2; exit 2 ;;
esac
