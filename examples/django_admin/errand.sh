#!/bin/sh
# The errand by the command line alone: sign in, add a book with its file, change it, fetch the file
# back, delete it, and look at what the history says.
set -eu
cd "$(dirname "$0")"
AGENT=${AGENT:-alpha}
ADMIN=http://127.0.0.1:8010/admin

say() { printf '\n$ %s\n' "$*"; "$@"; }
ask() { say xagent run "$AGENT" "$@"; }

printf 'It was a dark and stormy night.\n' > storm.txt

ask goto url="$ADMIN/"
ask fill_form fields:='[{"target": "#id_username", "value": "ada"}, {"target": "#id_password", "value": "correct-horse"}]'
ask click target='role=button[name="Log in"]'
ask inner_text target=h1

say xagent upload storm.txt --content-type text/plain | tee upload.id
ask goto url="$ADMIN/library/book/add/"
ask fill target=#id_title value='Paul Clifford'
ask select_option target=#id_shelf label=Novels
ask set_input_files target=#id_text artifact_ids="$(tail -n 1 upload.id)"
ask click target='role=button[name="Save"]'
ask inner_text target=.messagelist

ask click target='role=link[name="Paul Clifford"] >> nth=0'
ask fill target=#id_title value='Paul Clifford, revised'
ask click target='text=Save and continue editing'
ask inner_text target=.messagelist

ask download target='.file-upload a' --out back.txt
say cmp storm.txt back.txt

ask click target='text=Delete'
ask click target='text=Yes, I’m sure'
ask inner_text target=.messagelist
ask click target='role=button[name="Log out"]'
ask title

say xagent commands "$AGENT" --limit 5
rm -f storm.txt back.txt upload.id
