#!/bin/sh
# Packs the charts of this folder into each other, as helm wants them before it renders one: sh charts/build-dependencies.sh
# The helm is $HELM, else ./bin/helm of the repository, else that of the PATH.
set -eu
charts=$(cd "$(dirname "$0")" && pwd)
if [ -z "${HELM:-}" ]; then
  HELM=helm
  [ ! -x "$charts/../bin/helm" ] || HELM=$charts/../bin/helm
fi
complaints=$(mktemp)
trap 'rm -f "$complaints"' EXIT
# The umbrella last: it packs the others with what they packed.
for chart in api-gateway order-service event-processor auditor console load-generator operator observability platform; do
  rm -rf "$charts/$chart/charts" "$charts/$chart/Chart.lock"
  # Helm remarks on every link (charts/observability/dashboards is one): what it says matters when it fails.
  "$HELM" dependency build "$charts/$chart" >/dev/null 2>"$complaints" || { cat "$complaints" >&2; exit 1; }
done
