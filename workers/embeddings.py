"""What `engage doctor` says of the embeddings: whether they can be used, and how far a change of them is."""

from typing import NamedTuple

from engage.errors import ConfigError, EngageError
from engage.ledger import encoders, indexes, schema
from engage.ledger.database import Database
from engage.ledger.indexes import BUILT_IN, Progress
from engage.settings import Settings
from workers.encoders import Encoders


class Finding(NamedTuple):
    """state is ok, warn or fail."""

    state: str
    found: str
    fix: str = ""


def examine(settings: Settings) -> Finding:
    """Asks the encoder of the settings once, and the ledger for the rest."""
    db = Database(settings.ledger_url)
    try:
        made = Encoders(settings, db)
        spec = made.wanted
        if schema.current(db) != schema.newest():
            return Finding("ok", spec)  # the database check says what to do
        made(spec).encode_query("ready?")
        with db.reading() as tx:
            progress, known = indexes.progress(tx, spec), encoders.get(tx, spec)
        problem = known.problem if known else ""
    except ConfigError as error:
        return Finding("fail", str(error), error.fix)
    except EngageError as error:
        fix = "Start it, or mend embeddings and embeddings_base_url; what serves, serves on, or recall goes by words"
        return Finding("fail", str(error), fix)
    finally:
        db.close()
    if problem:
        return Finding("warn", f"{_told(spec, progress)}; last failure: {problem}", "It is tried again by itself")
    return Finding("ok", _told(spec, progress))


def _told(spec: str, progress: Progress | None) -> str:
    name = f"{BUILT_IN}: offline, knows English best" if spec == BUILT_IN else spec
    if progress is None:
        return name
    old = "index" if len(progress.specs) == 1 else "indexes"
    serves = "serves" if len(progress.specs) == 1 else "serve"
    of = f"re-indexing {progress.done:,} of {progress.total:,} passages"
    return f"{name}; {of}, the old {old} ({', '.join(progress.specs)}) {serves}"
