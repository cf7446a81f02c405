#!/bin/sh
# Hands a renewed certificate to the relay: certbot runs this after each renewal (--deploy-hook).
set -eu
tls=/etc/spotter-relay/tls
install -d -o root -g spotter-relay -m 750 "$tls"
for part in fullchain privkey; do
    install -o root -g spotter-relay -m 640 "$RENEWED_LINEAGE/$part.pem" "$tls/$part.pem.new"
    mv "$tls/$part.pem.new" "$tls/$part.pem"
done
systemctl reload-or-restart spotter-relay
