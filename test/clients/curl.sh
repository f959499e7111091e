#!/usr/bin/env bash
# usage: curl.sh https://…/graphql TOKEN INPUT_AS_JSON > customers.jsonl
set -euo pipefail
url=$1 token=$2 input=$3

start='mutation ($input: StartCustomerExportInput!) {
  startCustomerExport(input: $input) { asyncTaskId userErrors { message } } }'
watch='subscription ($id: ID!) {
  customerExportProgress(asyncTaskId: $id) { status progress objectCount file { url } failure { message } } }'
ask() { # document, variables
  curl --silent --show-error --fail-with-body --no-buffer "$url" \
    --header "authorization: Bearer $token" --header 'content-type: application/json' \
    --data "{\"query\":\"$(tr '\n' ' ' <<<"$1")\",\"variables\":$2}"
}
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

answer=$(ask "$start" "{\"input\":$input}")
id=$(field asyncTaskId <<<"$answer")
[ -n "$id" ] || { echo "$answer" >&2; exit 1; }

# Server-sent events: every `data:` shows how far it is, and the last one has the file.
while read -r line; do
  [[ $line == 'data: {'* ]] && last=${line#data: } && echo "$last" >&2
done < <(ask "$watch" "{\"id\":\"$id\"}")
curl --silent --show-error --fail-with-body "$(field url <<<"$last")"
