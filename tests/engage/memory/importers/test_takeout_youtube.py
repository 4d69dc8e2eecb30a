"""YouTube's tables in a Google Takeout, in the headings of several languages and the layouts of several years."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.memory.importers import comma_separated, takeout_other, takeout_table
from engage.memory.importers.content import Unreadable
from engage.memory.importers.files import Export, File, in_memory
from engage.memory.importers.format import Source, sample_of
from engage.memory.importers.rows import OTHER_PARTS, BadRow, Dropped, Rejected, Said
from engage.memory.importers.takeout_youtube import FORMAT, NOT_PUBLIC
from engage.models import Surface

CHANNEL = "UCabcdefghijklmnopqrstuv"
COMMENT = "UgxAAAAAAAAAAAAAAAA4AaABAg"
REPLY = f"{COMMENT}.9zzzzzzzzzz9zyyyyyyyyy"
CHAT = "LCC.EhwKGkNQeDAwMDAwMDAwMDAwMDAwMDAwMDA"
POST = "UgkxAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
VIDEO, SECRET = "tea0Kettle1", "secr3tVideo"
TIME = "2026-04-11T18:26:40.15544+00:00"
AT = datetime(2026, 4, 11, 18, 26, 40, 155440, tzinfo=UTC)

ENGLISH = "Comment ID,Channel ID,Comment Create Timestamp,Price,Parent Comment ID,Video ID,Comment Text"
NEWEST = (
    "Comment ID,Channel ID,Comment Create Timestamp,Price,Parent Comment ID,Post ID,Video ID,Comment Text,"
    "Top-Level Comment ID"
)
GERMAN = (
    "Kommentar-ID,Kanal-ID,Zeitstempel der Erstellung des Kommentars,Preis,Übergeordnete Kommentar-ID,Beitrags-ID,"
    "Video-ID,Kommentartext,Kommentar-ID der obersten Ebene"
)
SPANISH = (
    "ID del comentario,ID del canal,Marca de tiempo de creación del comentario,Precio,ID del comentario principal,"
    "ID de la publicación,ID del vídeo,Texto del comentario,ID del comentario de nivel superior"
)
FRENCH = (
    "ID du commentaire,ID de la chaîne,Horodatage de création du commentaire,Prix,ID du commentaire parent,"
    "ID de la publication,ID de la vidéo,Texte du commentaire,ID du commentaire de premier niveau"
)
JAPANESE = (
    "コメント ID,チャンネル ID,コメントの作成日時,価格,親コメント ID,"
    "投稿 ID,動画 ID,コメントのテキスト,トップレベル コメント ID"
)
UNKNOWN = "a,b,c,d,e,f,g,h,i"
VIDEOS = (
    "Video ID,Approx Duration (ms),Video Audio Language,Video Category,Video Description (Original),Channel ID,Tag 1,"
    "Tag 2,Video Title (Original),Privacy,Video State,Video Create Timestamp,Video Publish Timestamp"
)
GERMAN_VIDEOS = (
    "Video-ID,Ungefähre Dauer (ms),Audiosprache des Videos,Videokategorie,Videobeschreibung (Original),Kanal-ID,Tag: 1,"
    "Tag: 2,Videotitel (Original),Datenschutz,Videostatus,Zeitstempel bei Videoerstellung,"
    "Zeitstempel bei Videoveröffentlichung"
)
UNKNOWN_VIDEOS = "a,b (ms),c,d,e,f,g,h,i,j,k,l,m"
TEXTS = "Video ID,Video Text Create Timestamp,Video Description Text Segments 1,Video Description Text Segments 2,"
TEXTS += "Video Title Text Segments 1,Video Text Update Timestamp"
CHATS = "Live Chat ID,Channel ID,Live Chat Create Timestamp,Price,Currency code,Video ID,Live Chat Text"
POSTS = "Post ID,Post text,Image name 1,Poll/quiz answer option 1 text"


def runs(*texts: str) -> str:
    return ",".join(json.dumps({"text": text}, ensure_ascii=False) for text in texts)


def table(headings: str, *rows: list[str]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return f"{headings}\r\n{written.getvalue()}\r\n\r\n"


def file(name: str, content: str) -> File:
    return in_memory(f"takeout/{name}", name, content.encode())


def rows(content: str, *beside: File, name: str = "comments.csv") -> list[Any]:
    one = file(name, content)
    return list(FORMAT.read(Source(one, Export([one, *beside]))))


def said(content: str, *beside: File) -> Said:
    (row,) = rows(content, *beside)
    assert isinstance(row, Said)
    return row


def knows(content: str, name: str = "x.csv") -> bool:
    return FORMAT.sniff(sample_of(in_memory(name, name, content.encode())))


def comment(text: str, *, parent: str = "", video: str = VIDEO) -> list[str]:
    own = REPLY if parent else COMMENT
    return [own, CHANNEL, TIME, "0", parent, "", video, text, parent]


def video(own: str = VIDEO, title: str = "My kettle", description: str = "It sings.", who: str = "Public") -> list[str]:
    times = ["2026-01-01T10:00:00+00:00", "2026-01-02T10:00:00+00:00"]
    return [own, "60000", "en", "Howto", description, CHANNEL, "tea", "", title, who, "Processed", *times]


COMMENTS_FILE = table(NEWEST, comment(runs("Tea for ", "all")), comment(runs("Yes!"), parent=COMMENT))
VIDEOS_FILE = table(VIDEOS, video(), video(SECRET, "A surprise", "Not yet.", "Private"))


@pytest.mark.parametrize("headings", [NEWEST, GERMAN, SPANISH, FRENCH, JAPANESE, UNKNOWN])
def test_a_comment_is_read_whatever_the_language_of_the_headings(headings: str) -> None:
    content = table(headings, comment(runs("Green tea, ", "please")))
    assert knows(content)
    row = said(content)
    assert (row.id, row.text, row.said_at) == (f"youtube:{COMMENT}", "Green tea, please", AT)
    assert row.surface is Surface.COMMENT
    assert row.url == f"https://www.youtube.com/watch?v={VIDEO}&lc={COMMENT}"


@pytest.mark.parametrize("headings", [NEWEST, GERMAN, UNKNOWN])
def test_a_reply_has_its_own_id_and_not_the_one_of_what_it_answers(headings: str) -> None:
    first, second = rows(table(headings, comment(runs("Tea?")), comment(runs("Yes!"), parent=COMMENT)))
    assert (first.id, second.id) == (f"youtube:{COMMENT}", f"youtube:{REPLY}")
    only_replies = table(headings, comment(runs("Yes!"), parent=COMMENT))
    assert said(only_replies).id == f"youtube:{REPLY}"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('{"takeoutSegments":[{"text":"I \\"love\\" tea"},{"text":" a lot"}]}', 'I "love" tea a lot'),
        (
            '{"text":"At "},{"text":"1:02","videoLink":{"videoId":"x"}},{"text":"\\n"},{"text":"steam"}',
            "At 1:02\nsteam",
        ),
        ('{"text":"@Bo","mention":{"externalChannelId":"UCx"}},{"text":" thanks"}', "@Bo thanks"),
        ('[{"text":"In a "},{"text":"list"}]', "In a list"),
        ('{"text":"two\nlines"}', "two\nlines"),
        ('{"text":5},{"text":"five"},7,{"emoji":{}}', "five"),
        ("Plain words, as they were", "Plain words, as they were"),
        ("{sips tea}", "{sips tea}"),
        ('{"text":"😀"}', "😀"),
    ],
)
def test_texts_of_every_year_are_understood(cell: str, text: str) -> None:
    assert said(table(ENGLISH, [*comment(cell)[:5], VIDEO, cell])).text == text


def test_columns_may_stand_in_another_order() -> None:
    headings = "Channel ID,Comment Create Timestamp,Price,Comment ID,Parent Comment ID,Video ID,Comment Text"
    assert said(table(headings, [CHANNEL, TIME, "0", COMMENT, "", VIDEO, runs("Tea")])).id == f"youtube:{COMMENT}"


def test_a_comment_without_an_id_gets_the_same_one_every_time() -> None:
    content = table(
        "Channel ID,Comment Create Timestamp,Price,Video ID,Comment Text", [CHANNEL, TIME, "0", VIDEO, runs("A")]
    )
    assert said(content).id == said(content).id
    assert len(said(content).id) == len("youtube:") + 20


def test_a_comment_under_the_creators_own_public_video_tells_its_title() -> None:
    beside = [file("video metadata/videos.csv", VIDEOS_FILE), file("x.csv", ""), file("film.mp4", "\0")]
    assert said(table(NEWEST, comment(runs("Hi"))), *beside).title == "My kettle"
    assert said(table(NEWEST, comment(runs("Hi"), video=SECRET)), *beside).title is None
    assert said(table(NEWEST, comment(runs("Hi"), video="somebody_s1")), *beside).title is None


def test_an_unreadable_table_beside_costs_no_comment() -> None:
    def broken() -> Any:
        raise OSError("gone")

    assert said(table(NEWEST, comment(runs("Hi"))), File("takeout/v.csv", "v.csv", 9, broken)).text == "Hi"


@pytest.mark.parametrize("headings", [CHATS, "Live-Chat-ID,b,c,d,e,f,g", "a,b,c,d,e,f,g"])
def test_a_live_chat_is_told_from_a_comment(headings: str) -> None:
    content = table(headings, [CHAT, CHANNEL, TIME, "990000", "USD", VIDEO, runs("Hello everyone")])
    assert knows(content)
    row = said(content)
    assert (row.id, row.surface, row.text) == (f"youtube:{CHAT}", Surface.LIVE, "Hello everyone")
    assert row.url == f"https://www.youtube.com/watch?v={VIDEO}"


@pytest.mark.parametrize(
    "headings", [POSTS, "Beitrags‑ID,Text des Beitrags,Name für Bild 1,Text der Antwortoption1fürUmfrage"]
)
def test_a_post_of_the_community_page_is_read(headings: str) -> None:
    content = table(headings, [POST, "Which tea next?", "tea.jpg", "Green"])
    assert knows(content)
    row = said(content)
    assert (row.id, row.text, row.surface) == (f"youtube:{POST}", "Which tea next?", None)
    assert row.url == f"https://www.youtube.com/post/{POST}"


@pytest.mark.parametrize("headings", [VIDEOS, GERMAN_VIDEOS, UNKNOWN_VIDEOS])
def test_only_public_videos_are_read_and_the_others_are_counted(headings: str) -> None:
    who = "Öffentlich" if headings == GERMAN_VIDEOS else "Public"
    content = table(headings, video(who=who), video(SECRET, who="Nicht gelistet"), video("an0therOne1", who="Private"))
    assert knows(content)
    row, dropped = rows(content)
    assert (row.id, row.title, row.text) == (f"youtube:{VIDEO}", "My kettle", "It sings.")
    assert row.said_at == datetime(2026, 1, 2, 10, tzinfo=UTC)
    assert dropped == Dropped("takeout/comments.csv", NOT_PUBLIC, 2)


def test_a_video_whose_privacy_is_a_word_nobody_knows_is_not_taken_for_public() -> None:
    assert rows(table(UNKNOWN_VIDEOS, video(who="Gizemli"))) == [Dropped("takeout/comments.csv", NOT_PUBLIC, 1)]


def test_a_video_without_a_description_says_its_title() -> None:
    row, _ = rows(table(VIDEOS, video(description=""), video(SECRET, who="Private")))
    assert (row.title, row.text) == ("My kettle", "My kettle")


def test_long_descriptions_come_from_the_table_of_texts_which_is_no_second_document() -> None:
    texts = table(TEXTS, [VIDEO, TIME, "It sings. ", "At noon, loudly.", "My kettle", TIME])
    assert knows(texts)
    row, _ = rows(VIDEOS_FILE, file("video texts.csv", texts))
    assert row.text == "It sings. At noon, loudly."
    assert rows(texts, file("videos.csv", VIDEOS_FILE)) == []


def test_texts_of_videos_alone_are_refused_since_some_may_be_private() -> None:
    with pytest.raises(Unreadable, match=r"videos\.csv tells which of these are public"):
        rows(table(TEXTS, [VIDEO, TIME, "It sings.", "", "My kettle", TIME]))


def test_a_bad_row_costs_only_itself() -> None:
    good = comment(runs("Tea"))
    content = table(NEWEST, good, comment('{"text":"cut o'), good[:4], [*good[:2], "yesterday", *good[3:]], good)
    found = rows(content)
    assert [row.line for row in found if isinstance(row, Rejected)] == [3, 4, 5]
    assert all("request the export again" in row.reason or "2026-01-31" in row.reason for row in found[1:4])
    assert [row.text for row in found if isinstance(row, Said)] == ["Tea", "Tea"]


def test_an_id_that_can_be_none_and_a_missing_one_are_refused() -> None:
    rejected, kept = rows(table(NEWEST, ["U" * 200, *comment(runs("Tea"))[1:]], comment(runs("Tea"))))
    assert "too long to be one" in rejected.reason
    assert isinstance(kept, Said)
    found = rows(table(VIDEOS, *(video(f"tea0Kettle{n}") for n in range(8)), video("")))
    assert [row.reason for row in found if isinstance(row, Rejected)] == [
        "its video id is missing: request the export again"
    ]


def test_a_cell_without_an_end_costs_only_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(takeout_table, "_LONGEST_CELL", 300)
    kept, rejected, last = rows(table(NEWEST, comment(runs("Tea")), comment("x" * 400), comment(runs("Cake"))))
    assert (kept.text, rejected.line, last.text) == ("Tea", 3, "Cake")


def test_empty_comments_are_skipped() -> None:
    assert [row.text for row in rows(table(NEWEST, comment(runs(" ")), comment(runs("Tea"))))] == ["Tea"]


@pytest.mark.parametrize(
    "content",
    [
        '{"id": "1", "text": "Hello"}\n',
        "id,text\n1,Hello\n",
        "# Title\n\nSome, words.\n",
        "<html><body>Hi</body></html>",
        f"{NEWEST}\n",
        "Channel Id,Channel Url,Channel Title\n" + f"{CHANNEL},http://x,Kettles\n",
        f"Video ID,Playlist Video Creation Timestamp\n{VIDEO},{TIME}\n",
        f"Video ID,Song Title,Album Title,Artist Name 1\n{VIDEO},Tea,Tea,Bo\n",
        f"sku,title,description\n{VIDEO},Mug,Holds tea\n",
        f"cid,author,time,text\n{COMMENT},{CHANNEL},{TIME},Nice\n{REPLY},UCzzzzzzzzzzzzzzzzzzzzzz,{TIME},Thanks\n",
        "",
        ",\n",
        f"{COMMENT},{CHANNEL},{TIME},0,,{VIDEO},x\n{COMMENT},{CHANNEL},{TIME},0,,{VIDEO},x\n",
    ],
)
def test_other_tables_are_not_taken_for_the_creators_words(content: str) -> None:
    assert not knows(content)
    with pytest.raises(Unreadable):
        rows(content)


def test_a_table_longer_than_its_beginning_is_known_by_that() -> None:
    content = table(NEWEST, *(comment(runs(f"Tea number {n}")) for n in range(2000)))
    assert knows(content)
    assert knows(content[: 64 * 1024])
    assert len(rows(content)) == 2000
    assert knows(table(VIDEOS, video(description="x" * 70_000))) is False, "no whole row is in sight"


def test_general_tables_are_left_to_their_own_format() -> None:
    assert not comma_separated.FORMAT.sniff(sample_of(file("x.csv", COMMENTS_FILE)))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("Takeout/YouTube and YouTube Music/playlists/Tea-videos.csv", f"Video ID,Created\n{VIDEO},{TIME}\n"),
        ("YouTube und YouTube Music/Kommentare/Kommentare.csv", f"{GERMAN}\n"),
        ("watch-history.html", '<html><body><div class="outer-cell mdl-cell mdl-cell--12-col mdl-shadow--2dp">x</div>'),
        ("watch-history.json", '[{"header": "YouTube", "title": "Watched tea", "titleUrl": "https://x"}]'),
    ],
)
def test_other_parts_of_a_takeout_are_left_out(name: str, content: str) -> None:
    other = in_memory(name, name, content.encode())
    assert takeout_other.FORMAT.sniff(sample_of(other))
    assert list(takeout_other.FORMAT.read(Source(other, Export([other])))) == [Dropped(name, OTHER_PARTS)]


@pytest.mark.parametrize(
    "content",
    [
        '{"id": "1", "text": "Hello"}\n',
        '[{"id": "1"}]',
        "id,text\n1,Hello\n",
        "# T\n\nx, y\n",
        "<html><p>Hi</p></html>",
    ],
)
def test_files_that_are_of_no_takeout_are_not_left_out(content: str) -> None:
    assert not takeout_other.FORMAT.sniff(sample_of(in_memory("notes/x.csv", "notes/x.csv", content.encode())))


def _until_broken(read: Iterator[Any]) -> Iterator[Any]:
    try:
        yield from read
    except (Unreadable, BadRow):
        return


@given(
    st.sampled_from([COMMENTS_FILE, VIDEOS_FILE, table(POSTS, [POST, "Tea?", "", ""])]),
    st.integers(0, 700),
    st.text(max_size=12),
    st.integers(0, 200),
)
def test_a_damaged_table_never_breaks_the_import(content: str, place: int, put: str, cut: int) -> None:
    data = (content[:place] + put + content[place + cut :]).encode("utf-8", "replace")
    one, beside = in_memory("x.csv", "x.csv", data), in_memory("y.csv", "y.csv", data)
    FORMAT.sniff(sample_of(one))
    for row in _until_broken(FORMAT.read(Source(one, Export([one, beside])))):
        assert isinstance(row, (Said, Rejected, Dropped))
