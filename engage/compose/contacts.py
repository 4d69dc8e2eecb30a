"""Where somebody can be reached, in a reply that everybody reads. Pure."""

from engage import personal
from engage.compose.links import hosts_of
from engage.models import Persona
from engage.personal import Kind


def names_a_contact(sentence: str, persona: Persona) -> bool:
    """An e-mail address, telephone number or street address that is not one the creator shows in public."""
    found = [(span.kind, sentence[span.start : span.end]) for span in personal.find(sentence)]
    hosts = hosts_of(persona.allowed_links)
    return any(
        kind in personal.CONTACTS and said not in persona.bio and not (kind is Kind.MAIL and _host(said) in hosts)
        for kind, said in found
    )


def _host(mail: str) -> str:
    return mail.rpartition("@")[2].lower().rstrip(".")
