"""A second client for Spotter, written from docs/protocol.md and docs/resolution.md alone.

It is kept as a test that those pages suffice, and as an example for clients in other languages.
Read it in this order: `columns` and `change` (bytes), `history` (a set of changes and what may join
it), `resolution` (who wins), `replica` (the conversation with a relay, without a socket), `wire`
(the socket), `layout` (which register holds what). Beside them, `store` keeps a replica on disk,
`peer` talks to another replica without a relay, and `packed`, `pack` and `coder` read packs, which
a client may do without.
"""
