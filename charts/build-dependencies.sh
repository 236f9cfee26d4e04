#!/bin/sh
# Packs the charts of this folder into each other, as helm wants them before it renders one: sh charts/build-dependencies.sh
# The helm is $HELM, else ./bin/helm of the repository, else that of the PATH.
set -eu
cd "$(dirname "$0")"
if [ -z "${HELM:-}" ]; then
  HELM=helm
  [ ! -x ../bin/helm ] || HELM=$PWD/../bin/helm
fi
# The umbrella last: it packs the others with what they packed.
for chart in api-gateway order-service event-processor load-generator operator platform; do
  rm -rf "$chart/charts" "$chart/Chart.lock"
  "$HELM" dependency build "$chart" >/dev/null
done
