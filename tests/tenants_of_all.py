"""What reads or writes rows of all creators at once, and why it may. Everything else names a tenant.

A line more is a decision: whoever adds one says why no creator can be named, and what keeps one's rows from another.
"""

# Work that is dealt out fairly has to see whose turn it is: only ids and times leave these.
_LINES = "takes what is due, creators in turn; each row is worked on under its own creator"
_SWEEPS = "ends or frees what is due for everybody, a portion at a time; no row's content is looked at"
_CLOCKS = "asks when something is due next: a time, nothing else"
_HELD = "changes what this worker itself holds, by the name of the worker"
_OPERATOR = "an operator's view of the whole installation: whoever may sign in or run commands sees all creators"
_PLATFORM = "goes by a platform and its id of somebody, as the platform's own call or the operator names them"

ALL_CREATORS = {
    "engage.ledger.apps.ask_anew": "an application was changed: all accounts on its platform are subscribed again",
    "engage.ledger.apps.granted": _PLATFORM,
    "engage.ledger.apps.store": "an application was changed: all accounts on its platform are asked again",
    "engage.ledger.audit.entries": _OPERATOR,
    "engage.ledger.consents.store": _SWEEPS,
    "engage.ledger.creators.list_accounts": _OPERATOR,
    "engage.ledger.creators.list_creators": _OPERATOR,
    "engage.ledger.creators.count_creators": _OPERATOR,
    "engage.ledger.creators.used_platforms": "asks whether any account is on a platform: yes or no",
    "engage.ledger.erasure.asked_to_be_forgotten": _SWEEPS,
    "engage.ledger.erasure.find": _PLATFORM,
    "engage.ledger.fair.Line._from": _LINES,
    "engage.ledger.gauges._queue": "counts and ages for Prometheus: numbers only",
    "engage.ledger.gauges.count": "counts and ages for Prometheus: numbers only",
    "engage.ledger.inbox.waiting": "a count for Prometheus and the receiver",
    "engage.ledger.indexes.elsewhere": "the creators whose vectors are of another encoder; each is then served alone",
    "engage.ledger.indexes.give_up": "the setting names another encoder: nothing else is made for anybody",
    "engage.ledger.indexes.left": "the indexes that nobody uses any more, each then thrown away alone",
    "engage.ledger.indexes.in_use": "the encoders that are in use anywhere",
    "engage.ledger.outbox._change_some": _SWEEPS,
    "engage.ledger.outbox.extend_leases": _HELD,
    "engage.ledger.outbox.next_due": _CLOCKS,
    "engage.ledger.outbox.posted_since": _OPERATOR,
    "engage.ledger.overview.counts": _OPERATOR,
    "engage.ledger.overview.overview": _OPERATOR,
    "engage.ledger.overrides.every": _OPERATOR,
    "engage.ledger.overview.pulse": _OPERATOR,
    "engage.ledger.raids.end": _OPERATOR,
    "engage.ledger.raids.standing": _OPERATOR,
    "engage.ledger.raids.look": "counts new followers by creator; whom many came to is then looked at alone",
    "engage.ledger.removal._accounts_of": _PLATFORM,
    "engage.ledger.renewals.claim": _LINES,
    "engage.ledger.renewals.next_due": _CLOCKS,
    "engage.ledger.retention.Walk.portion": _SWEEPS,
    "engage.ledger.sources.claim": _LINES,
    "engage.ledger.sources.leave": _HELD,
    "engage.ledger.sources.look_again": "the accounts whose connector offers something new; ids only",
    "engage.ledger.sources.renew": _HELD,
    "engage.ledger.sources.write_down": _LINES,
    "engage.ledger.sealed._portion": "what is encrypted is locked anew with the newest key, for everybody",
    "engage.ledger.spendings.forget_old": _SWEEPS,
    "engage.ledger.subscriptions.claim": _LINES,
    "engage.ledger.subscriptions.next_due": _CLOCKS,
    "engage.ledger.traces.in_ledger": "the proof of an erasure looks through every table; it tells counts only",
    "engage.ledger.turns.extend_leases": _HELD,
    "engage.ledger.turns.next_due": _CLOCKS,
    "engage.ledger.turns.sweep": _SWEEPS,
    "engage.ledger.walls.add_wall": "a migration says what PostgreSQL shows; no row is read",
    "engage.ledger.views._exchanges": _OPERATOR,
    "engage.ledger.views._stamp": _OPERATOR,
    "engage.memory.corpus.answers_of_others": "what a voice is told apart from: style figures leave it, no words",
    "workers.build.index_waiting": "the creators whose passages wait for vectors; each is then served alone",
    "workers.erasing.accounts_on": _PLATFORM,
    "workers.planted._newest": _OPERATOR,
    "workers.proving.words_of": "which names and texts are not the erased follower's alone: they are left out",
}
# Measurements and the demonstration fill and judge whole installations of their own.
MEASURING = ("workers.bench.", "workers.chaos.", "workers.demo.", "workers.evaluation.")
