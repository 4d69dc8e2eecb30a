"""Advice that needs a licence is left to a person, in whatever language it is asked for."""

from collections.abc import Callable

import pytest

from engage.models import Surface
from engage.triage import Verdict

Judge = Callable[..., Verdict]


@pytest.mark.parametrize(
    "text",
    [
        "My neighbour poisoned my roses, can I take legal action?",
        "Mon propriétaire refuse de réparer le toit, est-ce que je peux porter plainte ?",
        "Dois-je prendre un avocat pour ça ?",
        "tu pourrais me donner un conseil juridique ?",
        "¿Puedo demandar a mi casero?",
        "mi vecino hace ruido, ¿es ilegal?",
        "Kann ich meinen Vermieter verklagen?",
        "Mein Nachbar hat meine Hecke geschnitten, soll ich Anzeige erstatten?",
        "Posso processar meu vizinho?",
        "meu chefe não paga, preciso de um advogado?",
        "Posso fare causa al mio vicino?",
        "il mio capo non mi paga, è illegale?",
        "J'ai mal au dos, je peux prendre combien d'ibuprofène ?",
        "¿puedo tomar antibióticos con alcohol?",
        "Wie viel Paracetamol darf ich nehmen?",
        "posso tomar paracetamol todo dia?",
        "posso prendere un antibiotico scaduto?",
        "Est-ce que je devrais mettre mes économies en bourse ?",
        "Soll ich meine Ersparnisse in Aktien stecken?",
        "¿meto mis ahorros en bitcoin?",
    ],
)
def test_advice_on_law_health_and_money_is_restricted(judge: Judge, text: str) -> None:
    assert judge(text, Surface.DM).reasons == ("restricted",)


@pytest.mark.parametrize(
    "text",
    [
        "Mon voisin a une haie superbe, je peux avoir la même ?",
        "comment traiter le mildiou de mes tomates ?",
        "combien de graines par pot, et quelle dose d'engrais ?",
        "¿cómo puedo denunciar un comentario de spam?",
        "mi vecino tiene un jardín precioso, ¿cómo lo hace?",
        "Kann ich mir die Zutaten irgendwo anzeigen lassen?",
        "Mein Nachbar hat das gleiche Rad, passt der Sattel?",
        "posso processar o tomate no liquidificador?",
        "che causa le macchie sulle foglie?",
        "ik heb een legale vraag over taart",
        "my neighbour loves your videos, can I share the recipe?",
    ],
)
def test_neighbours_and_kitchens_are_not(judge: Judge, text: str) -> None:
    assert "restricted" not in judge(text, Surface.DM).flags
